"""What each type of resource costs while nobody uses it; every type is here, or listed with a reason.

A type in `FREE` costs nothing by itself. A type in `BY_USE` is paid for what it does, see usage.py.
"""

import json
import re
from collections.abc import Callable, Mapping

from operations.cost.prices import Prices
from operations.evaluation.graph import Graph, Resource

Idle = Callable[[Graph, Resource, Prices], float]
_RULE_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_SCHEDULED_SECONDS = 2.0
_JOB_HOURS = 0.1  # billed from the start of its machine to its end: four to six minutes
# Lambda keeps five pollers at a queue, each of which asks every 20 seconds.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_POLLS_PER_HOUR = 5 * 180


def monthly_idle(graph: Graph, resource: Resource, prices: Prices) -> float:
    """US dollars a month. Raises ValueError for a type that nobody has thought about."""
    if resource.type in PRICED:
        return PRICED[resource.type](graph, resource, prices)
    if resource.type in FREE or resource.type in BY_USE:
        return 0.0
    raise ValueError(
        f"{resource.type}: is neither priced nor listed as free in operations/cost/idle.py; add it there"
    )


def _by_month(name: str) -> Idle:
    return lambda graph, resource, prices: prices[name]


def _by_hour(name: str) -> Idle:
    return lambda graph, resource, prices: prices.monthly(name)


def _firewall(graph: Graph, resource: Resource, prices: Prices) -> float:
    rules = len(resource.inputs.get("rules", []))
    return prices["waf_acl_month"] + rules * prices["waf_rule_month"]


def _service(graph: Graph, resource: Resource, prices: Prices) -> float:
    task = next(
        each
        for each in graph.of_type("aws:ecs/taskDefinition:TaskDefinition")
        if each.state["arn"] == resource.inputs["taskDefinition"]
    )
    cpus, gigabytes = int(task.inputs["cpu"]) / 1024, int(task.inputs["memory"]) / 1024
    hourly = cpus * prices["fargate_cpu_hour"] + gigabytes * prices["fargate_gb_hour"]
    return resource.inputs["desiredCount"] * hourly * prices.hours + prices["container_insights_service"]


def _schedule(graph: Graph, resource: Resource, prices: Prices) -> float:
    """The runs of the function behind a schedule, if it is one: a workflow is paid by its states."""
    runs = prices.hours * 60 / _minutes(resource.inputs["scheduleExpression"])
    rule = resource.state["name"]
    targets = [
        each.inputs["arn"]
        for each in graph.of_type("aws:cloudwatch/eventTarget:EventTarget")
        if each.inputs["rule"] == rule
    ]
    functions = [f for f in graph.of_type("aws:lambda/function:Function") if f.state["arn"] in targets]
    gigabytes = sum(function.inputs["memorySize"] for function in functions) / 1024
    per_run = gigabytes * _SCHEDULED_SECONDS * prices["lambda_gb_second"] + prices["lambda_request"]
    return runs * per_run


def _minutes(expression: str) -> float:
    """Minutes between two runs of EventBridge's `rate(...)`; a `cron(...)` counts as once a day."""
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    return int(match[1]) * _RULE_MINUTES[match[2]] if match else _RULE_MINUTES["day"]


def _polling(graph: Graph, resource: Resource, prices: Prices) -> float:
    if ":sqs:" not in resource.inputs["eventSourceArn"]:
        return 0.0
    return _POLLS_PER_HOUR * prices.hours * prices["sqs_request"]


def _collection(graph: Graph, resource: Resource, prices: Prices) -> float:
    """The least capacity of a collection: none in a group that scales to zero, else one unit of each kind."""
    limits = [
        group.inputs.get("capacityLimits", [{}])
        for group in graph.of_type("aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup")
        if group.inputs["name"] == resource.inputs.get("collectionGroupName")
    ]
    if limits:
        least = limits[0][0] if isinstance(limits[0], list) else limits[0]
        units = least.get("minIndexingCapacityInOcu", 0) + least.get("minSearchCapacityInOcu", 0)
    else:
        units = 2 if resource.inputs.get("standbyReplicas") == "ENABLED" else 1
    return units * prices.monthly("opensearch_ocu_hour")


def _endpoint(graph: Graph, resource: Resource, prices: Prices) -> float:
    if resource.inputs.get("vpcEndpointType") == "Gateway":
        return 0.0
    raise ValueError(f"{resource.name}: only endpoints of type Gateway are free, and others are not priced")


def _campaign(graph: Graph, resource: Resource, prices: Prices) -> float:
    """The campaign that a training function makes in Amazon Personalize, paid for whether asked or not."""
    variables = resource.inputs["environment"]["variables"]
    if "TRAINING" not in variables:
        return 0.0
    capacity = json.loads(variables["TRAINING"])["transactions_per_second"]
    return capacity * prices.monthly("personalize_tps_hour")


def _client(graph: Graph, resource: Resource, prices: Prices) -> float:
    """A client of people is free, and so is one of machines; but the tokens of machines are paid, each."""
    is_machine = "client_credentials" in resource.inputs["allowedOauthFlows"]
    return prices["cognito_machine_client_month"] if is_machine else 0.0


def _grouping(graph: Graph, resource: Resource, prices: Prices) -> float:
    """The training job by which a function groups products anew once a day, where SageMaker does that."""
    variables = resource.inputs["environment"]["variables"]
    trainer = json.loads(variables.get("GROUPING", "{}")).get("trainer", {"kind": "builtin"})
    if trainer["kind"] == "builtin":
        return 0.0
    return prices.hours / 24 * _JOB_HOURS * prices[f"sagemaker_{trainer['instance_type']}_hour"]


def _function(graph: Graph, resource: Resource, prices: Prices) -> float:
    return _campaign(graph, resource, prices) + _grouping(graph, resource, prices)


PRICED: Mapping[str, Idle] = {
    "aws:cloudwatch/dashboard:Dashboard": _by_month("dashboard_month"),
    "aws:cloudwatch/eventRule:EventRule": _schedule,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _by_month("alarm_month"),
    # Two alarms, which a policy that tracks a target makes for itself.
    "aws:appautoscaling/policy:Policy": lambda graph, resource, prices: 2 * prices["alarm_month"],
    "aws:cognito/userPoolClient:UserPoolClient": _client,
    "aws:ec2/eip:Eip": _by_hour("public_address_hour"),
    "aws:ec2/natGateway:NatGateway": _by_hour("nat_hour"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ecs/service:Service": _service,
    "aws:lambda/eventSourceMapping:EventSourceMapping": _polling,
    "aws:lambda/function:Function": _function,
    "aws:lb/loadBalancer:LoadBalancer": _by_hour("balancer_hour"),
    "aws:opensearch/serverlessCollection:ServerlessCollection": _collection,
    "aws:secretsmanager/secret:Secret": _by_month("secret_month"),
    "aws:wafv2/webAcl:WebAcl": _firewall,
}

FREE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "aws:apigateway/account:Account",
            "aws:apigateway/apiKey:ApiKey",
            "aws:apigateway/deployment:Deployment",
            "aws:apigateway/methodSettings:MethodSettings",
            "aws:apigateway/stage:Stage",
            "aws:apigateway/usagePlan:UsagePlan",
            "aws:apigateway/usagePlanKey:UsagePlanKey",
            "aws:apigatewayv2/authorizer:Authorizer",
            "aws:apigatewayv2/deployment:Deployment",
            "aws:apigatewayv2/integration:Integration",
            "aws:apigatewayv2/route:Route",
            "aws:apigatewayv2/stage:Stage",
        ),
        "a part of an API, which is paid by the request",
    ),
    **dict.fromkeys(
        (
            "aws:bedrock/agentAgent:AgentAgent",
            "aws:bedrock/agentAgentActionGroup:AgentAgentActionGroup",
            "aws:bedrock/agentAgentAlias:AgentAgentAlias",
            "aws:bedrock/agentAgentKnowledgeBaseAssociation:AgentAgentKnowledgeBaseAssociation",
            "aws:bedrock/agentDataSource:AgentDataSource",
            "aws:bedrock/guardrailVersion:GuardrailVersion",
        ),
        "Bedrock is paid by the call",
    ),
    **dict.fromkeys(
        (
            "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
            "aws:cloudfront/vpcOrigin:VpcOrigin",
        ),
        "a part of a distribution, which is paid by the request",
    ),
    **dict.fromkeys(
        (
            "aws:cognito/managedLoginBranding:ManagedLoginBranding",
            "aws:cognito/resourceServer:ResourceServer",
            "aws:cognito/userGroup:UserGroup",
            "aws:cognito/userPoolDomain:UserPoolDomain",
        ),
        "a part of a user pool, which is paid by the person",
    ),
    **dict.fromkeys(
        (
            "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
            "aws:ec2/internetGateway:InternetGateway",
            "aws:ec2/routeTable:RouteTable",
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            "aws:ec2/securityGroup:SecurityGroup",
            "aws:ec2/subnet:Subnet",
            "aws:ec2/vpc:Vpc",
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        ),
        "networks are free; gateways and addresses are priced",
    ),
    **dict.fromkeys(
        (
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
            "aws:iam/policy:Policy",
            "aws:iam/role:Role",
            "aws:iam/rolePolicy:RolePolicy",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "aws:lambda/permission:Permission",
            "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy",
            "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
            "aws:s3/bucketPolicy:BucketPolicy",
            "aws:sns/topicPolicy:TopicPolicy",
            "aws:sqs/queuePolicy:QueuePolicy",
            "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
        ),
        "permissions are free",
    ),
    **dict.fromkeys(
        (
            "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "aws:s3/bucketNotification:BucketNotification",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "aws:s3/bucketVersioning:BucketVersioning",
            "aws:s3/vectorsVectorBucket:VectorsVectorBucket",
        ),
        "a setting of a bucket, which is paid for what it holds",
    ),
    "aws:appautoscaling/target:Target": "scaling is free; its alarms are priced with the policy",
    "aws:budgets/budget:Budget": "budgets that take no action of their own are free",
    "aws:cloudwatch/eventTarget:EventTarget": "priced with its rule",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "a setting of a repository",
    "aws:ecs/cluster:Cluster": "its tasks are priced with the service",
    "aws:ecs/taskDefinition:TaskDefinition": "priced with the service that runs it",
    "aws:lambda/layerVersion:LayerVersion": "layers are stored for nothing up to 75 GB",
    "aws:lb/listener:Listener": "a part of the load balancer",
    "aws:lb/targetGroup:TargetGroup": "a part of the load balancer",
    "aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup": "priced with its collections",
    "aws:secretsmanager/secretVersion:SecretVersion": "priced with its secret",
    "aws:sns/topicSubscription:TopicSubscription": "a subscription is free",
    "aws:wafv2/ipSet:IpSet": "priced with the rule that uses it",
    "aws:wafv2/webAclAssociation:WebAclAssociation": "priced with its firewall",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "what it logs is paid by use",
}
"""Resource types that cost nothing, each with the reason."""

BY_USE: Mapping[str, str] = {
    "aws:apigateway/restApi:RestApi": "by the request",
    "aws:apigatewayv2/api:Api": "by the message and the minute",
    "aws:bedrock/agentKnowledgeBase:AgentKnowledgeBase": "by what is embedded",
    "aws:bedrock/guardrail:Guardrail": "by the text that is judged",
    "aws:cloudfront/distribution:Distribution": "by the request and what it carries",
    "aws:cloudwatch/logDelivery:LogDelivery": "by what is written",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "by what is written",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": "by what is written",
    "aws:cloudwatch/logGroup:LogGroup": "by what is written",
    "aws:codebuild/project:Project": "by the minute of a build, at a deployment",
    "aws:cognito/userPool:UserPool": "by the person who signs in",
    "aws:dynamodb/table:Table": "by the request and what it holds",
    "aws:ecr/repository:Repository": "by what it holds",
    "aws:lambda/invocation:Invocation": "by the call, at a deployment",
    "aws:s3/bucket:Bucket": "by the request and what it holds",
    "aws:s3/bucketObjectv2:BucketObjectv2": "by what it holds",
    "aws:s3/vectorsIndex:VectorsIndex": "by the query and what it holds",
    "aws:sfn/stateMachine:StateMachine": "by the state that is entered",
    "aws:sns/topic:Topic": "by the mail, a thousand of them for nothing",
    "aws:sqs/queue:Queue": "by the request; asking an empty one is priced with its event source",
    "docker-build:index:Image": "built where Pulumi runs",
}
"""Resource types that are paid for what is done with them, and by what."""
