"""S3 buckets and DynamoDB tables."""

import json
from typing import Any

from local.resources.base import Context, Handler, Inputs, Made, always


def _bucket(context: Context, name: str, inputs: Inputs) -> Made:
    bucket = context.name(name, inputs, "bucket")
    context.client("s3").create_bucket(Bucket=bucket)
    return Made(
        bucket,
        {
            "bucket": bucket,
            "arn": f"arn:aws:s3:::{bucket}",
            "bucketDomainName": f"{bucket}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{bucket}.s3.{context.region}.amazonaws.com",
        },
    )


def _versioning(context: Context, _name: str, inputs: Inputs) -> Made:
    status = inputs["versioningConfiguration"]["status"]
    context.client("s3").put_bucket_versioning(
        Bucket=inputs["bucket"], VersioningConfiguration={"Status": status}
    )
    return Made(inputs["bucket"])


def _public_access_block(context: Context, _name: str, inputs: Inputs) -> Made:
    block = inputs.renamed(
        blockPublicAcls="BlockPublicAcls",
        blockPublicPolicy="BlockPublicPolicy",
        ignorePublicAcls="IgnorePublicAcls",
        restrictPublicBuckets="RestrictPublicBuckets",
    )
    context.client("s3").put_public_access_block(
        Bucket=inputs["bucket"], PublicAccessBlockConfiguration=block
    )
    return Made(inputs["bucket"])


def _bucket_policy(context: Context, _name: str, inputs: Inputs) -> Made:
    """The emulator has no TLS, so a statement that denies plain HTTP would deny everything."""
    policy = json.loads(inputs["policy"])
    policy["Statement"] = [s for s in policy["Statement"] if not _denies_plain_http(s)]
    if policy["Statement"]:
        context.client("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=json.dumps(policy))
    return Made(inputs["bucket"])


def _denies_plain_http(statement: dict[str, Any]) -> bool:
    secure = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return statement["Effect"] == "Deny" and str(secure).lower() == "false"


def _cors(context: Context, _name: str, inputs: Inputs) -> Made:
    rules: list[dict[str, Any]] = []
    for rule in inputs["corsRules"]:
        optional = {"MaxAgeSeconds": rule.get("maxAgeSeconds"), "ExposeHeaders": rule.get("exposeHeaders")}
        rules.append(
            {
                "AllowedMethods": rule["allowedMethods"],
                "AllowedOrigins": rule["allowedOrigins"],
                "AllowedHeaders": rule.get("allowedHeaders") or [],
                **{name: value for name, value in optional.items() if value is not None},
            }
        )
    context.client("s3").put_bucket_cors(Bucket=inputs["bucket"], CORSConfiguration={"CORSRules": rules})
    return Made(inputs["bucket"])


def _notification(context: Context, _name: str, inputs: Inputs) -> Made:
    queues = [
        {
            "QueueArn": queue["queueArn"],
            "Events": queue["events"],
            "Filter": {"Key": {"FilterRules": _filter_rules(queue)}},
        }
        for queue in inputs["queues"]
    ]
    context.client("s3").put_bucket_notification_configuration(
        Bucket=inputs["bucket"], NotificationConfiguration={"QueueConfigurations": queues}
    )
    return Made(inputs["bucket"])


def _filter_rules(target: dict[str, Any]) -> list[dict[str, str]]:
    rules = {"prefix": target.get("filterPrefix"), "suffix": target.get("filterSuffix")}
    return [{"Name": name, "Value": value} for name, value in rules.items() if value]


def _table(context: Context, name: str, inputs: Inputs) -> Made:
    table = context.name(name, inputs)
    arguments: dict[str, Any] = {
        "TableName": table,
        "BillingMode": inputs["billingMode"],
        "AttributeDefinitions": [
            {"AttributeName": a["name"], "AttributeType": a["type"]} for a in inputs["attributes"]
        ],
        "KeySchema": _key_schema(inputs),
    }
    if indexes := inputs.get("globalSecondaryIndexes"):
        arguments["GlobalSecondaryIndexes"] = [_index(index) for index in indexes]
    if inputs.get("streamEnabled"):
        arguments["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": inputs["streamViewType"],
        }
    client = context.client("dynamodb")
    made = client.create_table(**arguments)["TableDescription"]
    if (ttl := inputs.get("ttl")) and ttl.get("enabled"):
        client.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl["attributeName"]},
        )
    outputs = {"name": table, "arn": made["TableArn"]}
    if "LatestStreamArn" in made:
        outputs["streamArn"] = made["LatestStreamArn"]
    return Made(table, outputs)


def _key_schema(table: Any) -> list[dict[str, str]]:
    keys = [{"AttributeName": table["hashKey"], "KeyType": "HASH"}]
    if table.get("rangeKey"):
        keys.append({"AttributeName": table["rangeKey"], "KeyType": "RANGE"})
    return keys


def _index(index: dict[str, Any]) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = index["nonKeyAttributes"]
    schema = (
        [{"AttributeName": k["attributeName"], "KeyType": k["keyType"]} for k in index["keySchemas"]]
        if index.get("keySchemas")
        else _key_schema(index)
    )
    return {"IndexName": index["name"], "KeySchema": schema, "Projection": projection}


def _vector_bucket(context: Context, name: str, inputs: Inputs) -> Made:
    bucket = context.name(name, inputs, "vectorBucketName")
    arn = context.ai_client("s3vectors").create_vector_bucket(vectorBucketName=bucket)["vectorBucketArn"]
    return Made(arn, {"vectorBucketName": bucket, "vectorBucketArn": arn})


def _vector_index(context: Context, name: str, inputs: Inputs) -> Made:
    index = context.name(name, inputs, "indexName")
    hidden = (inputs.get("metadataConfiguration") or {}).get("nonFilterableMetadataKeys") or []
    arn = context.ai_client("s3vectors").create_index(
        vectorBucketName=inputs["vectorBucketName"],
        indexName=index,
        dataType=inputs["dataType"],
        dimension=inputs["dimension"],
        distanceMetric=inputs["distanceMetric"],
        metadataConfiguration={"nonFilterableMetadataKeys": hidden},
    )["indexArn"]
    outputs = {"indexName": index, "indexArn": arn, "vectorBucketName": inputs["vectorBucketName"]}
    return Made(arn, outputs)


HANDLERS = {
    "aws:s3/bucket:Bucket": Handler(
        _bucket,
        ignored={"forceDestroy": "the folder is simply deleted"},
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Handler(_versioning),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Handler(_public_access_block),
    "aws:s3/bucketPolicy:BucketPolicy": Handler(_bucket_policy, always(_bucket_policy)),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": Handler(_cors, always(_cors)),
    "aws:s3/bucketNotification:BucketNotification": Handler(_notification),
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket": Handler(
        _vector_bucket, ignored={"forceDestroy": "the folder is simply deleted"}
    ),
    "aws:s3/vectorsIndex:VectorsIndex": Handler(_vector_index),
    "aws:dynamodb/table:Table": Handler(
        _table,
        ignored={
            "pointInTimeRecovery": "backups have no meaning here",
            "serverSideEncryption": "the state is a folder on this machine",
            "deletionProtectionEnabled": "the state is a folder on this machine",
        },
    ),
}
