"""WebSocket APIs."""

from local.config import ACCOUNT
from local.resources.base import Context, Handler, Inputs, Made


def _api(context: Context, name: str, inputs: Inputs) -> Made:
    api = context.client("apigatewayv2").create_api(
        Name=context.name(name, inputs),
        ProtocolType=inputs["protocolType"],
        RouteSelectionExpression=inputs["routeSelectionExpression"],
    )["ApiId"]
    return Made(
        api,
        {
            "apiEndpoint": f"{_address(context)}/{api}",
            "arn": f"arn:aws:apigateway:{context.region}::/apis/{api}",
            "executionArn": f"arn:aws:execute-api:{context.region}:{ACCOUNT}:{api}",
        },
    )


def _address(context: Context) -> str:
    return context.config.emulator_url.replace("http://", "ws://") + "/_aws/execute-api"


def _authorizer(context: Context, name: str, inputs: Inputs) -> Made:
    authorizer = context.client("apigatewayv2").create_authorizer(
        ApiId=inputs["apiId"],
        Name=context.name(name, inputs),
        AuthorizerType=inputs["authorizerType"],
        AuthorizerUri=inputs["authorizerUri"],
        IdentitySource=inputs["identitySources"],
    )["AuthorizerId"]
    return Made(authorizer)


def _integration(context: Context, _name: str, inputs: Inputs) -> Made:
    arguments = inputs.renamed(timeoutMilliseconds="TimeoutInMillis")
    integration = context.client("apigatewayv2").create_integration(
        ApiId=inputs["apiId"],
        IntegrationType=inputs["integrationType"],
        IntegrationMethod=inputs["integrationMethod"],
        IntegrationUri=inputs["integrationUri"],
        **arguments,
    )["IntegrationId"]
    return Made(integration)


def _route(context: Context, _name: str, inputs: Inputs) -> Made:
    arguments = inputs.renamed(authorizerId="AuthorizerId", authorizationType="AuthorizationType")
    route = context.client("apigatewayv2").create_route(
        ApiId=inputs["apiId"], RouteKey=inputs["routeKey"], Target=inputs["target"], **arguments
    )["RouteId"]
    return Made(route)


def _deployment(context: Context, _name: str, inputs: Inputs) -> Made:
    made = context.client("apigatewayv2").create_deployment(ApiId=inputs["apiId"])
    return Made(made["DeploymentId"])


def _stage(context: Context, _name: str, inputs: Inputs) -> Made:
    api, stage = inputs["apiId"], inputs["name"]
    context.client("apigatewayv2").create_stage(
        ApiId=api, StageName=stage, DeploymentId=inputs["deploymentId"]
    )
    return Made(
        stage,
        {
            "arn": f"arn:aws:apigateway:{context.region}::/apis/{api}/stages/{stage}",
            "executionArn": f"arn:aws:execute-api:{context.region}:{ACCOUNT}:{api}/{stage}",
            "invokeUrl": f"{_address(context)}/{api}/{stage}",
        },
    )


HANDLERS = {
    "aws:apigatewayv2/api:Api": Handler(_api),
    "aws:apigatewayv2/authorizer:Authorizer": Handler(_authorizer),
    "aws:apigatewayv2/integration:Integration": Handler(
        _integration,
        ignored={
            "contentHandlingStrategy": "the emulator passes text as text",
            "passthroughBehavior": "the functions take every body",
        },
    ),
    "aws:apigatewayv2/route:Route": Handler(_route),
    "aws:apigatewayv2/deployment:Deployment": Handler(
        _deployment, ignored={"triggers": "a changed route starts over anyway"}
    ),
    "aws:apigatewayv2/stage:Stage": Handler(
        _stage,
        ignored={
            "defaultRouteSettings": "the emulator does not throttle sockets",
            "accessLogSettings": "the emulator writes its own log",
        },
    ),
}
