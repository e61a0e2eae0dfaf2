"""API Gateway: a REST API from its OpenAPI document, its stage, keys and plan."""

import json
from typing import Any

from local.config import ACCOUNT
from local.resources.base import Context, Handler, Inputs, Made

_METHODS = ("get", "post", "put", "patch", "delete", "options")
_GATEWAY = "x-amazon-apigateway-"


class _Import:
    """Writes one OpenAPI document into an API, part by part (the emulator's own import leaves out most)."""

    def __init__(self, client: Any, api_id: str, document: dict[str, Any]) -> None:
        self._client = client
        self._api = {"restApiId": api_id}
        self._document = document
        root = next(r for r in client.get_resources(**self._api)["items"] if r["path"] == "/")
        self._resources: dict[str, str] = {"/": root["id"]}

    def run(self) -> None:
        self._models()
        self._validators = self._request_validators()
        self._authorizers = self._security_schemes()
        self._gateway_responses()
        for path, operations in self._document["paths"].items():
            for method in _METHODS:
                if method in operations:
                    self._method(path, method.upper(), operations[method])

    def _models(self) -> None:
        for name, schema in self._document.get("components", {}).get("schemas", {}).items():
            self._client.create_model(
                **self._api, name=name, contentType="application/json", schema=json.dumps(schema)
            )

    def _request_validators(self) -> dict[str, str]:
        made: dict[str, str] = {}
        for name, rules in self._document.get(_GATEWAY + "request-validators", {}).items():
            made[name] = self._client.create_request_validator(**self._api, name=name, **rules)["id"]
        return made

    def _security_schemes(self) -> dict[str, str]:
        """Authorizer ids by scheme; a scheme without an authorizer is the API key."""
        made: dict[str, str] = {}
        for name, scheme in self._document.get("components", {}).get("securitySchemes", {}).items():
            if rules := scheme.get(_GATEWAY + "authorizer"):
                made[name] = self._client.create_authorizer(
                    **self._api,
                    name=name,
                    type=rules["type"].upper(),
                    providerARNs=rules["providerARNs"],
                    identitySource=f"method.request.header.{scheme['name']}",
                )["id"]
        return made

    def _gateway_responses(self) -> None:
        for kind, rules in self._document.get(_GATEWAY + "gateway-responses", {}).items():
            arguments: dict[str, Any] = {}
            if "statusCode" in rules:
                arguments["statusCode"] = str(rules["statusCode"])
            self._client.put_gateway_response(
                **self._api,
                responseType=kind,
                responseParameters=rules.get("responseParameters", {}),
                responseTemplates=rules.get("responseTemplates", {}),
                **arguments,
            )

    def _resource(self, path: str) -> str:
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            self._resources[path] = self._client.create_resource(
                **self._api, parentId=self._resource(parent or "/"), pathPart=part
            )["id"]
        return self._resources[path]

    def _method(self, path: str, method: str, operation: dict[str, Any]) -> None:
        place = {**self._api, "resourceId": self._resource(path), "httpMethod": method}
        self._client.put_method(**place, **self._security(operation), **self._request(operation))
        integration = operation[_GATEWAY + "integration"]
        self._client.put_integration(
            **place,
            type=integration["type"].upper(),
            **_present(
                integration,
                integrationHttpMethod="httpMethod",
                uri="uri",
                requestTemplates="requestTemplates",
                passthroughBehavior="passthroughBehavior",
                timeoutInMillis="timeoutInMillis",
            ),
        )
        for code in operation.get("responses", {}) if integration["type"] == "mock" else ():
            headers = operation["responses"][code].get("headers", {})
            parameters = {f"method.response.header.{header}": False for header in headers}
            self._client.put_method_response(**place, statusCode=code, responseParameters=parameters)
        for selection, response in integration.get("responses", {}).items():
            self._client.put_integration_response(
                **place,
                statusCode=str(response["statusCode"]),
                responseParameters=response.get("responseParameters", {}),
                responseTemplates=response.get("responseTemplates", {}),
                **({} if selection == "default" else {"selectionPattern": selection}),
            )

    def _security(self, operation: dict[str, Any]) -> dict[str, Any]:
        security: dict[str, Any] = {"authorizationType": "NONE", "apiKeyRequired": False}
        for requirement in operation.get("security", []):
            for scheme, scopes in requirement.items():
                if scheme in self._authorizers:
                    security["authorizationType"] = "COGNITO_USER_POOLS"
                    security["authorizerId"] = self._authorizers[scheme]
                    security["authorizationScopes"] = scopes
                else:
                    security["apiKeyRequired"] = True
        return security

    def _request(self, operation: dict[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {}
        name = operation.get(_GATEWAY + "request-validator") or self._document.get(
            _GATEWAY + "request-validator"
        )
        if name:
            request["requestValidatorId"] = self._validators[name]
        content = operation.get("requestBody", {}).get("content", {})
        models = {kind: body["schema"]["$ref"].rpartition("/")[2] for kind, body in content.items()}
        if models:
            request["requestModels"] = models
        parameters = {
            f"method.request.{'querystring' if p['in'] == 'query' else p['in']}.{p['name']}": bool(
                p.get("required")
            )
            for p in operation.get("parameters", [])
        }
        if parameters:
            request["requestParameters"] = parameters
        return request


def _present(values: dict[str, Any], **names: str) -> dict[str, Any]:
    return {to: values[key] for to, key in names.items() if key in values}


def _rest_api(context: Context, name: str, inputs: Inputs) -> Made:
    client = context.client("apigateway")
    made = client.create_rest_api(name=context.name(name, inputs))
    _Import(client, made["id"], json.loads(inputs["body"])).run()
    arn = f"arn:aws:execute-api:{context.region}:{ACCOUNT}:{made['id']}"
    root = f"arn:aws:apigateway:{context.region}::/restapis/{made['id']}"
    return Made(
        made["id"],
        {
            "name": made["name"],
            "executionArn": arn,
            "arn": root,
            "rootResourceId": made.get("rootResourceId"),
        },
    )


def _deployment(context: Context, _name: str, inputs: Inputs) -> Made:
    made = context.client("apigateway").create_deployment(restApiId=inputs["restApi"])
    return Made(made["id"])


def _stage(context: Context, _name: str, inputs: Inputs) -> Made:
    api, stage = inputs["restApi"], inputs["stageName"]
    context.client("apigateway").create_stage(
        restApiId=api, stageName=stage, deploymentId=inputs["deployment"]
    )
    return Made(
        f"ags-{api}-{stage}",
        {
            "arn": f"arn:aws:apigateway:{context.region}::/restapis/{api}/stages/{stage}",
            "invokeUrl": f"{context.config.emulator_url}/_aws/execute-api/{api}/{stage}",
            "executionArn": f"arn:aws:execute-api:{context.region}:{ACCOUNT}:{api}/{stage}",
        },
    )


def _method_settings(context: Context, _name: str, inputs: Inputs) -> Made:
    settings, path = inputs["settings"], inputs["methodPath"].replace("/", "~1")
    limits = _present(settings, rateLimit="throttlingRateLimit", burstLimit="throttlingBurstLimit")
    operations = [
        {"op": "replace", "path": f"/{path}/throttling/{key}", "value": str(value)}
        for key, value in limits.items()
    ]
    context.client("apigateway").update_stage(
        restApiId=inputs["restApi"], stageName=inputs["stageName"], patchOperations=operations
    )
    return Made(f"{inputs['restApi']}-{inputs['stageName']}-{path}")


def _api_key(context: Context, name: str, inputs: Inputs) -> Made:
    arguments = inputs.renamed(value="value", description="description")
    key = context.client("apigateway").create_api_key(
        name=context.name(name, inputs), enabled=True, **arguments
    )
    return Made(key["id"], {"value": key["value"], "name": key["name"]})


def _usage_plan(context: Context, name: str, inputs: Inputs) -> Made:
    stages = [{"apiId": s["apiId"], "stage": s["stage"]} for s in inputs["apiStages"]]
    arguments: dict[str, Any] = {}
    if throttle := inputs.get("throttleSettings"):
        arguments["throttle"] = _present(throttle, rateLimit="rateLimit", burstLimit="burstLimit")
    if quota := inputs.get("quotaSettings"):
        arguments["quota"] = _present(quota, limit="limit", period="period")
    plan = context.client("apigateway").create_usage_plan(
        name=context.name(name, inputs), apiStages=stages, **arguments
    )
    return Made(plan["id"], {"name": plan["name"]})


def _usage_plan_key(context: Context, _name: str, inputs: Inputs) -> Made:
    made = context.client("apigateway").create_usage_plan_key(
        usagePlanId=inputs["usagePlanId"], keyId=inputs["keyId"], keyType=inputs["keyType"]
    )
    return Made(made["id"])


HANDLERS = {
    "aws:apigateway/restApi:RestApi": Handler(
        _rest_api,
        ignored={
            "endpointConfiguration": "there is one kind of address here",
            "disableExecuteApiEndpoint": "there is one kind of address here",
            "minimumCompressionSize": "the emulator does not compress",
            "failOnWarnings": "the document is taken apart here, strictly",
            "putRestApiMode": "the document is the whole API",
        },
    ),
    "aws:apigateway/deployment:Deployment": Handler(
        _deployment, ignored={"triggers": "a changed document starts over anyway"}
    ),
    "aws:apigateway/stage:Stage": Handler(
        _stage,
        ignored={
            "accessLogSettings": "the emulator writes its own log",
            "xrayTracingEnabled": "there is no X-Ray here",
        },
    ),
    "aws:apigateway/methodSettings:MethodSettings": Handler(_method_settings),
    "aws:apigateway/apiKey:ApiKey": Handler(_api_key),
    "aws:apigateway/usagePlan:UsagePlan": Handler(_usage_plan),
    "aws:apigateway/usagePlanKey:UsagePlanKey": Handler(_usage_plan_key),
}
