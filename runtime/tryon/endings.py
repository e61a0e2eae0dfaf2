"""How a job ends: with its result or with a reason, once, settled and told.

Whoever changes the row to its last status, which only one can, gives back what the job did not need. If that
fails the shop counts too much rather than too little.
"""

from botocore.exceptions import BotoCoreError, ClientError

from runtime.shared.observability import describe_error, get_logger
from runtime.shared.quotas import Quotas, QuotasUnavailable
from runtime.tryon.bucket import Bucket, JobFiles
from runtime.tryon.job import Job, Status
from runtime.tryon.jobs import JobTable
from runtime.tryon.table import StoreUnavailable
from runtime.tryon.telling import Pusher


class Endings:
    """Ends jobs, and says whether it was this call that did. Every method raises StoreUnavailable."""

    def __init__(self, jobs: JobTable, results: Bucket, quotas: Quotas, pusher: Pusher) -> None:
        self._jobs = jobs
        self._results = results
        self._quotas = quotas
        self._pusher = pusher

    def complete(self, job: Job) -> bool:
        """End a job whose result lies in the bucket."""
        files = JobFiles.of(self._results, job.user_id, job.id)
        ended = self._jobs.complete(job.id, self._results.url(files.look))
        if ended is None:
            return False
        self._pusher.push(ended)
        self._settle(ended, count=0)
        self._tidy(files)
        return True

    def fail(self, job_id: str, reason: str) -> bool:
        """End a job with the reason why there is no result; the shopper has the try-on back."""
        ended = self._jobs.fail(job_id, reason)
        if ended is None:
            return False
        self._pusher.push(ended)
        self._settle(ended, count=1)
        self._tidy(JobFiles.of(self._results, ended.user_id, ended.id))
        return True

    def withdraw(self, user_id: str, job_id: str) -> None:
        """Erase what was made for a job that is gone or ended without it."""
        self._results.erase(JobFiles.of(self._results, user_id, job_id).folder)

    def _settle(self, job: Job, *, count: int) -> None:
        unspent = max(job.reserved_micros - job.spent_micros, 0)
        try:
            self._quotas.give_back(job.user_id, job.reserved_on, count, unspent)
        except (QuotasUnavailable, ClientError, BotoCoreError) as error:
            get_logger().warning("not settled", **describe_error(error))

    def _tidy(self, files: JobFiles) -> None:
        try:
            self._results.erase(files.steps)
        except (StoreUnavailable, ClientError, BotoCoreError) as error:
            get_logger().warning("not tidied", **describe_error(error))


def deliver(endings: Endings, jobs: JobTable, user_id: str, job_id: str) -> str:
    """Make a job agree with its result, which lies in the bucket; a word for what that came to."""
    job = jobs.get(job_id)
    if job is None or job.user_id != user_id or job.status == Status.ERROR:
        endings.withdraw(user_id, job_id)
        return "Withdrawn"
    return "Completed" if endings.complete(job) else "Repeated"
