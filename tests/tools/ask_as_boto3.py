"""Asks who a key is by boto3, in the same setting as keysift, and prints what came of it: "live", AWS's error code, or
"network". The key comes as JSON on standard input, the setting from the environment, the patience in seconds as argument."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

key = json.load(sys.stdin)
config = Config(retries={"mode": "standard"}, connect_timeout=int(sys.argv[1]), read_timeout=int(sys.argv[1]))
names = {"aws_access_key_id": key["id"], "aws_secret_access_key": key["secret"], "aws_session_token": key.get("token")}
client = boto3.client("sts", region_name="us-east-1", config=config, **names)
try:
    client.get_caller_identity()
    print("live")
except ClientError as error:
    print(error.response["Error"]["Code"])
except BotoCoreError:
    print("network")
except Exception as error:
    print("unreadable", type(error).__name__)
