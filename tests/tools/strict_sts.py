"""A stand-in for AWS's STS and IAM: moto, made as strict as the real one.

Plain moto checks signatures and ids. This adds: deactivated keys, ended sessions, a clock that may be 15 minutes off,
error documents as AWS writes them, and AWS's request id on every answer.

It prints one line of JSON when it is ready: the port it listens on, and keys of every kind to ask about. It ends when its
standard input does.
"""

import datetime as dt
import json
import os
import sys
import urllib.request
import uuid

os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")

import boto3
from moto.iam import access_control
from moto.sts.models import sts_backends
from werkzeug.exceptions import HTTPException

DOCUMENT = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
)


class Refused(HTTPException):
    def __init__(self, status, code, message):
        super().__init__()
        self.code, self.id = status, str(uuid.uuid4())
        self.description = DOCUMENT.format(code=code, message=message, id=self.id)

    def get_headers(self, *_, **__):
        return {"Content-Type": "text/xml", "x-amzn-RequestId": self.id}

    def get_body(self, *_, **__):
        return self.description


def now():
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


def only_active_keys():
    plain = access_control.IAMUserAccessKey.__init__

    def init(self, account_id, partition, access_key_id, headers):
        plain(self, account_id, partition, access_key_id, headers)
        for user in self.backend.list_users("/", None, None):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status != "Active":
                    raise access_control.CreateAccessKeyFailure(reason="InvalidId")

    access_control.IAMUserAccessKey.__init__ = init


def only_running_sessions():
    plain = access_control.AssumedRoleAccessKey.__init__

    def init(self, account_id, partition, access_key_id, headers):
        plain(self, account_id, partition, access_key_id, headers)
        for role in sts_backends[account_id][partition].assumed_roles:
            if role.access_key_id == access_key_id and role.expiration.replace(tzinfo=None) < now():
                raise Refused(403, "ExpiredToken", "The security token included in the request is expired")

    access_control.AssumedRoleAccessKey.__init__ = init


def only_near_clocks():
    plain = access_control.IAMRequestBase.check_signature
    form, window = "%Y%m%dT%H%M%SZ", dt.timedelta(minutes=15)

    def check(self):
        signed, server = dt.datetime.strptime(self._headers["X-Amz-Date"], form), now()
        if signed < server - window:
            message = f"Signature expired: {signed:{form}} is now earlier than {server - window:{form}} ({server:{form}} - 15 min.)"
            raise Refused(403, "SignatureDoesNotMatch", message)
        if signed > server + window:
            message = f"Signature not yet current: {signed:{form}} is still later than {server + window:{form}} ({server:{form}} + 15 min.)"
            raise Refused(403, "SignatureDoesNotMatch", message)
        plain(self)

    access_control.IAMRequestBase.check_signature = check


def documents_as_awss():
    def mismatch(self):
        raise Refused(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            "Key and signing method. Consult the service documentation for details.",
        )

    def unknown(self, _reason):
        raise Refused(403, "InvalidClientTokenId", "The security token included in the request is invalid.")

    access_control.IAMRequest._raise_signature_does_not_match = mismatch
    access_control.IAMRequest._raise_invalid_access_key = unknown


def keys(address):
    """Keys of every kind, made through IAM's own interface before it starts to check signatures."""
    names = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
    iam, sts = (boto3.client(name, endpoint_url=address, **names) for name in ("iam", "sts"))
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    everything = json.dumps(everything)

    # A user has two keys at most.
    def key_of(user):
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}

    def session():
        arn = "arn:aws:iam::123456789012:role/deploy"
        key = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"], "token": key["SessionToken"]}

    made = {name: key_of(name) for name in ("live", "inactive", "deleted")}
    made["operator"] = key_of("operator")
    iam.put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=everything)
    iam.create_role(RoleName="audit", AssumeRolePolicyDocument=everything)
    iam.put_role_policy(RoleName="audit", PolicyName="all", PolicyDocument=everything)
    made |= {name: session() for name in ("session", "expired")}
    iam.update_access_key(UserName="inactive", AccessKeyId=made["inactive"]["id"], Status="Inactive")
    iam.delete_access_key(UserName="deleted", AccessKeyId=made["deleted"]["id"])
    for role in sts_backends["123456789012"]["aws"].assumed_roles:
        if role.access_key_id == made["expired"]["id"]:
            role.expiration = now() - dt.timedelta(hours=1)
    return made


def main():
    only_active_keys()
    only_running_sessions()
    only_near_clocks()
    documents_as_awss()
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    address = f"http://127.0.0.1:{port}"
    made = keys(address)
    check = urllib.request.Request(address + "/moto-api/reset-auth", data=b"0", headers={"Content-Type": ""})
    urllib.request.urlopen(check).read()
    print(json.dumps({"port": port, "keys": made}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
