"""Imports a disk and lists tasks with boto3; prints what it saw as JSON."""
import json
import sys

import boto3
from botocore.exceptions import ClientError, WaiterError

endpoint, good, bad = sys.argv[1:4]
ec2 = boto3.client("ec2", endpoint_url=endpoint)
seen = {}


def bucket_and_key(url):
    bucket, key = url[len("s3://"):].split("/", 1)
    return {"S3Bucket": bucket, "S3Key": key}


started = ec2.import_snapshot(
    Description="by boto3",
    DiskContainer={"Format": "VMDK", "UserBucket": bucket_and_key(good)},
    TagSpecifications=[
        {
            "ResourceType": "import-snapshot-task",
            "Tags": [{"Key": "team", "Value": "blue & <green>"}],
        }
    ],
)
waiter = ec2.get_waiter("snapshot_imported")
waiter.wait(
    ImportTaskIds=[started["ImportTaskId"]],
    WaiterConfig={"Delay": 1, "MaxAttempts": 120},
)
seen["imported"] = ec2.describe_import_snapshot_tasks(
    ImportTaskIds=[started["ImportTaskId"]]
)["ImportSnapshotTasks"][0]
seen["snapshot"] = ec2.describe_snapshots(
    SnapshotIds=[seen["imported"]["SnapshotTaskDetail"]["SnapshotId"]]
)["Snapshots"][0]["State"]

pages = list(
    ec2.get_paginator("describe_import_image_tasks").paginate(
        PaginationConfig={"PageSize": 50}
    )
)
seen["pages"] = [len(page["ImportImageTasks"]) for page in pages]
seen["ids"] = [t["ImportTaskId"] for page in pages for t in page["ImportImageTasks"]]
seen["active"] = [
    task["ImportTaskId"]
    for page in ec2.get_paginator("describe_import_snapshot_tasks").paginate(
        Filters=[{"Name": "task-state", "Values": ["active"]}]
    )
    for task in page["ImportSnapshotTasks"]
]
seen["exports"] = [
    page["ExportImageTasks"]
    for page in ec2.get_paginator("describe_export_image_tasks").paginate()
]
try:
    ec2.import_snapshot(DiskContainer={"Url": bad})
except ClientError as error:
    seen["refused"] = error.response["Error"]
    seen["status"] = error.response["ResponseMetadata"]["HTTPStatusCode"]
    seen["requestId"] = error.response["ResponseMetadata"]["RequestId"]
try:
    ec2.get_waiter("export_task_completed").wait(
        ExportTaskIds=["export-i-1234567890abcdef0"],
        WaiterConfig={"Delay": 1, "MaxAttempts": 1},
    )
except WaiterError as error:
    seen["waiter"] = error.last_response["Error"]["Code"]
json.dump(seen, sys.stdout, default=str)
