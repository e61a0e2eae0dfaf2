"""What a rule looks at and what it answers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack; property names are AWS provider names in camel case."""

    type: str
    name: str
    properties: Mapping[str, Any]
    protect: bool = False

    def text(self, key: str) -> str:
        """A property that is a text; empty when it is not set."""
        value = self.properties.get(key)
        return value if isinstance(value, str) else ""

    def map(self, key: str) -> Mapping[str, Any]:
        """A property that is an object, or the JSON text of one; empty when it is not set."""
        value = self.properties.get(key)
        if isinstance(value, str) and value.startswith("{"):
            value = json.loads(value)
        return value if isinstance(value, Mapping) else {}

    def list(self, key: str) -> Sequence[Any]:
        """A property that is a list; empty when it is not set."""
        value = self.properties.get(key)
        return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a resource breaks, and what to do about it."""

    resource: str
    message: str


Stack = Sequence[Resource]
Rule = Callable[[Stack], Iterator[Violation]]
"""A function over all resources of a stack; its docstring is the rule in words."""

AGENT = "aws:bedrock/agentAgent:AgentAgent"
ACCESS_POLICY = "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy"
BUCKET = "aws:s3/bucket:Bucket"
COLLECTION = "aws:opensearch/serverlessCollection:ServerlessCollection"
COLLECTION_GROUP = "aws:opensearch/serverlessCollectionGroup:ServerlessCollectionGroup"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_SOURCE = "aws:lambda/eventSourceMapping:EventSourceMapping"
FUNCTION = "aws:lambda/function:Function"
GUARDRAIL = "aws:bedrock/guardrail:Guardrail"
GUARDRAIL_VERSION = "aws:bedrock/guardrailVersion:GuardrailVersion"
KNOWLEDGE_BASE = "aws:bedrock/agentKnowledgeBase:AgentKnowledgeBase"
LAYER = "aws:lambda/layerVersion:LayerVersion"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
PERMISSION = "aws:lambda/permission:Permission"
QUEUE = "aws:sqs/queue:Queue"
REPOSITORY = "aws:ecr/repository:Repository"
REST_API = "aws:apigateway/restApi:RestApi"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type, not a password
SECURITY_POLICY = "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy"
SOCKET_API = "aws:apigatewayv2/api:Api"
SOCKET_AUTHORIZER = "aws:apigatewayv2/authorizer:Authorizer"
SOCKET_DEPLOYMENT = "aws:apigatewayv2/deployment:Deployment"
SOCKET_INTEGRATION = "aws:apigatewayv2/integration:Integration"
SOCKET_ROUTE = "aws:apigatewayv2/route:Route"
SOCKET_STAGE = "aws:apigatewayv2/stage:Stage"
STAGE = "aws:apigateway/stage:Stage"
TABLE = "aws:dynamodb/table:Table"
USER_POOL = "aws:cognito/userPool:UserPool"
USER_POOL_CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
USER_POOL_DOMAIN = "aws:cognito/userPoolDomain:UserPoolDomain"
VECTOR_BUCKET = "aws:s3/vectorsVectorBucket:VectorsVectorBucket"


def of_type(stack: Stack, *types: str) -> list[Resource]:
    """The resources of these types."""
    return [resource for resource in stack if resource.type in types]


def as_list(value: Any) -> list[Any]:
    """IAM lets one element stand for a list of one."""
    return list(value) if isinstance(value, list) else [value]


def statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a policy document."""
    return as_list(policy.get("Statement", []))


def invoked_function(uri: str) -> str:
    """ARN of the function that API Gateway invokes at an address; empty for any other address."""
    return uri.partition("/functions/")[2].removesuffix("/invocations")


def policies_of_role(stack: Stack, role_name: str) -> list[Resource]:
    """The inline policies of a role, which is named by its physical name."""
    return [policy for policy in of_type(stack, ROLE_POLICY) if policy.text("role") == role_name]


def grants(stack: Stack, function: Resource, action: str, resource_arn: str) -> bool:
    """Whether a function's role may do exactly `action` on exactly `resource_arn`."""
    roles = [role for role in of_type(stack, ROLE) if role.text("arn") == function.text("role")]
    return any(
        statement.get("Effect") == "Allow"
        and action in as_list(statement.get("Action"))
        and resource_arn in as_list(statement.get("Resource"))
        for role in roles
        for policy in policies_of_role(stack, role.text("name"))
        for statement in statements(policy.map("policy"))
    )
