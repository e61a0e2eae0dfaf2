"""Guardrails and knowledge bases, made in the stand-ins; they live as long as those do."""

from typing import Any

from local.resources.base import Context, Handler, Inputs, Made


def _guardrail(context: Context, name: str, inputs: Inputs) -> Made:
    settings = _singular(
        inputs.renamed(
            contentPolicyConfig="contentPolicyConfig",
            sensitiveInformationPolicyConfig="sensitiveInformationPolicyConfig",
            topicPolicyConfig="topicPolicyConfig",
            wordPolicyConfig="wordPolicyConfig",
        )
    )
    made = context.ai_client("bedrock").create_guardrail(
        name=context.name(name, inputs),
        blockedInputMessaging=inputs["blockedInputMessaging"],
        blockedOutputsMessaging=inputs["blockedOutputsMessaging"],
        **settings,
    )
    outputs = {"guardrailId": made["guardrailId"], "guardrailArn": made["guardrailArn"], "version": "DRAFT"}
    return Made(made["guardrailId"], outputs)


def _singular(value: Any) -> Any:
    """AWS calls a list `filtersConfig` where the program says `filtersConfigs`."""
    if isinstance(value, dict):
        return {
            key.removesuffix("s") if key.endswith("Configs") else key: _singular(v)
            for key, v in value.items()
        }
    return [_singular(item) for item in value] if isinstance(value, list) else value


def _guardrail_version(context: Context, _name: str, inputs: Inputs) -> Made:
    made = context.ai_client("bedrock").create_guardrail_version(guardrailIdentifier=inputs["guardrailArn"])
    return Made(f"{inputs['guardrailArn']},{made['version']}", {"version": made["version"]})


def _knowledge_base(context: Context, name: str, inputs: Inputs) -> Made:
    made = context.ai_client("bedrock-agent").create_knowledge_base(
        name=context.name(name, inputs),
        roleArn=inputs["roleArn"],
        knowledgeBaseConfiguration={"type": inputs["knowledgeBaseConfiguration"]["type"]},
    )["knowledgeBase"]
    return Made(made["knowledgeBaseId"], {"arn": made["knowledgeBaseArn"], "name": made["name"]})


def _data_source(context: Context, name: str, inputs: Inputs) -> Made:
    bucket = inputs["dataSourceConfiguration"]["s3Configuration"]["bucketArn"]
    base = inputs["knowledgeBaseId"]
    made = context.ai_client("bedrock-agent").create_data_source(
        knowledgeBaseId=base,
        name=context.name(name, inputs),
        dataSourceConfiguration={"type": "S3", "s3Configuration": {"bucketArn": bucket}},
    )["dataSource"]
    return Made(f"{made['dataSourceId']},{base}", {"dataSourceId": made["dataSourceId"]})


HANDLERS = {
    "aws:bedrock/guardrail:Guardrail": Handler(_guardrail, kept=False),
    "aws:bedrock/guardrailVersion:GuardrailVersion": Handler(
        _guardrail_version, kept=False, ignored={"skipDestroy": "nothing outlives the stand-ins"}
    ),
    "aws:bedrock/agentKnowledgeBase:AgentKnowledgeBase": Handler(
        _knowledge_base,
        kept=False,
        ignored={
            "storageConfiguration": "the stand-in has a full-text index of its own, wherever that is kept"
        },
    ),
    "aws:bedrock/agentDataSource:AgentDataSource": Handler(
        _data_source,
        kept=False,
        ignored={
            "dataDeletionPolicy": "nothing outlives the stand-ins",
            "vectorIngestionConfiguration": "the stand-in makes passages of its own",
        },
    ),
}
