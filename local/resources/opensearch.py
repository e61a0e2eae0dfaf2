"""OpenSearch Serverless's collections and policies, made in the stand-in; they live as long as that."""

from typing import Any

from local.resources.base import Context, Handler, Inputs, Made

_AS_IT_IS = "there is one node here, whatever the collection says of itself"


def _collection(context: Context, name: str, inputs: Inputs) -> Made:
    client = context.ai_client("opensearchserverless")
    collection = context.name(name, inputs, limit=32)
    client.create_collection(
        name=collection,
        type=inputs["type"],
        standbyReplicas=inputs["standbyReplicas"],
        **inputs.renamed(collectionGroupName="collectionGroupName"),
    )
    (made,) = client.batch_get_collection(names=[collection])["collectionDetails"]
    return Made(
        made["id"],
        {
            "name": collection,
            "arn": made["arn"],
            "collectionEndpoint": made["collectionEndpoint"],
            "dashboardEndpoint": made["dashboardEndpoint"],
            "kmsKeyArn": "auto",
        },
    )


def _group(context: Context, name: str, inputs: Inputs) -> Made:
    group = context.name(name, inputs, limit=32)
    made: dict[str, Any] = context.ai_client("opensearchserverless").create_collection_group(
        name=group, standbyReplicas=inputs["standbyReplicas"], generation=inputs["generation"]
    )["createCollectionGroupDetail"]
    return Made(made["id"], {"name": group, "arn": made["arn"]})


def _security_policy(context: Context, name: str, inputs: Inputs) -> Made:
    policy = context.name(name, inputs, limit=32)
    made = context.ai_client("opensearchserverless").create_security_policy(
        name=policy, type=inputs["type"], policy=inputs["policy"]
    )["securityPolicyDetail"]
    return Made(policy, {"name": policy, "policyVersion": made["policyVersion"]})


def _access_policy(context: Context, name: str, inputs: Inputs) -> Made:
    policy = context.name(name, inputs, limit=32)
    made = context.ai_client("opensearchserverless").create_access_policy(
        name=policy, type=inputs["type"], policy=inputs["policy"]
    )["accessPolicyDetail"]
    return Made(policy, {"name": policy, "policyVersion": made["policyVersion"]})


HANDLERS = {
    "aws:opensearch/serverlessCollection:ServerlessCollection": Handler(_collection, kept=False),
    "aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup": Handler(
        _group, kept=False, ignored={"capacityLimits": _AS_IT_IS}
    ),
    "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy": Handler(_security_policy, kept=False),
    "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy": Handler(_access_policy, kept=False),
}
