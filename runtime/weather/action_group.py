"""The two dialects of Bedrock Agents' action groups, read and answered.

https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
"""

import json
from collections.abc import Mapping
from typing import Any

_JSON = "application/json"
_STATUS = {"unknown_city": 404, "bad_request": 400, "date_out_of_range": 400, "quota": 429, "timeout": 504}


def is_action_group(event: Mapping[str, Any]) -> bool:
    """Whether an agent is calling, rather than a function of the project."""
    return "messageVersion" in event and "actionGroup" in event


def read_parameters(event: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by name, from wherever the dialect has them."""
    content: Mapping[str, Any] = (event.get("requestBody") or {}).get("content") or {}
    listed = [*(event.get("parameters") or ())]
    for body in content.values():
        listed += body.get("properties") or ()
    return {str(each["name"]): each.get("value") for each in listed}


def write_answer(event: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """The result in the dialect of the event. A failed lookup is one, too: the agent tells of it."""
    text = json.dumps(result, ensure_ascii=False)
    error = result.get("error")
    if "function" in event:
        state = {"responseState": "REPROMPT"} if error else {}
        response: dict[str, Any] = {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {**state, "responseBody": {"TEXT": {"body": text}}},
        }
    else:
        response = {
            "actionGroup": event["actionGroup"],
            "apiPath": event["apiPath"],
            "httpMethod": event["httpMethod"],
            "httpStatusCode": _STATUS.get(str(error), 503) if error else 200,
            "responseBody": {_JSON: {"body": text}},
        }
    return {
        "messageVersion": "1.0",
        "response": response,
        "sessionAttributes": event.get("sessionAttributes") or {},
        "promptSessionAttributes": event.get("promptSessionAttributes") or {},
    }
