"""Resource type -> how the local cloud makes it."""

from collections.abc import Mapping

from local.resources import bedrock, compute, http, identity, messaging, realtime, storage, workflows
from local.resources.base import Handler

HANDLERS: Mapping[str, Handler] = {
    **bedrock.HANDLERS,
    **compute.HANDLERS,
    **http.HANDLERS,
    **identity.HANDLERS,
    **messaging.HANDLERS,
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
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": "the emulator answers any origin",
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": "the emulator has a sign-in form of its own",
    "aws:apigateway/account:Account": "the emulator writes its own log",
}
"""Resource types that are left out, each with the reason."""
