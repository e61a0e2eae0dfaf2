"""InvokeEndpoint of SageMaker, behind which the local try-on answers under any endpoint's name.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from starlette.routing import Route

from local.ai.images.wire import BadRequest
from local.ai.tryon.wire import endpoint as answer_try_on
from local.ai.wire import Call, Check, Json, ServiceError, endpoint


def routes(check: Check, *, region: str, account: str) -> list[Route]:
    """The operation, behind the caller's permissions."""

    def invoke(call: Call) -> Json:
        name = call.path["name"]
        arn = f"arn:aws:sagemaker:{region}:{account}:endpoint/{name.lower()}"
        check(call.authorization, "sagemaker:InvokeEndpoint", arn)
        try:
            return answer_try_on(call.body)
        except BadRequest as error:
            raise ServiceError("ValidationError", 400, str(error)) from error

    return [Route("/endpoints/{name}/invocations", endpoint(invoke), methods=["POST"])]
