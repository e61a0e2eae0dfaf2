"""Resource type -> how the local cloud makes it."""

from collections.abc import Mapping

from local.resources import (
    bedrock,
    compute,
    http,
    identity,
    messaging,
    opensearch,
    realtime,
    storage,
    workflows,
)
from local.resources.base import Handler

HANDLERS: Mapping[str, Handler] = {
    **bedrock.HANDLERS,
    **compute.HANDLERS,
    **http.HANDLERS,
    **identity.HANDLERS,
    **messaging.HANDLERS,
    **opensearch.HANDLERS,
    **realtime.HANDLERS,
    **storage.HANDLERS,
    **workflows.HANDLERS,
}

IGNORED: Mapping[str, str] = {
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "the state is a folder on this machine"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "nothing lives long enough here",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "there is one owner here",
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": "the emulator has a sign-in form of its own",
    "aws:wafv2/webAcl:WebAcl": "nobody attacks a laptop's loopback address",
    "aws:wafv2/webAclAssociation:WebAclAssociation": "there is no firewall to put before the API",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "there is no firewall to log",
    "aws:sns/topic:Topic": "nobody is woken by a laptop",
    "aws:sns/topicPolicy:TopicPolicy": "there is no topic to publish to",
    "aws:sns/topicSubscription:TopicSubscription": "there is no topic to subscribe to",
    "aws:cloudwatch/dashboard:Dashboard": "the emulator keeps no metrics that could be shown",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "the emulator keeps no metrics that could raise one",
    "aws:budgets/budget:Budget": "nothing is paid for here",
    "aws:apigateway/account:Account": "the emulator writes its own log",
}
"""Resource types that are left out, each with the reason."""
