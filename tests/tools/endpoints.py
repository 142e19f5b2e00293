"""Prints where botocore finds STS and IAM in each public partition: service, region, FIPS, dual stack, address."""

import botocore.session
from botocore.config import Config

session = botocore.session.get_session()
names = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
for service, operation in (("sts", "GetCallerIdentity"), ("iam", "ListUsers")):
    for region in ("us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"):
        for fips in (False, True):
            for dual in (False, True):
                config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual)
                client = session.create_client(service, region_name=region, config=config, **names)
                model = client.meta.service_model.operation_model(operation)
                url = client._resolve_endpoint_ruleset(model, {}, {"client_region": region})
                print(service, region, int(fips), int(dual), url[0] if isinstance(url, tuple) else url)
