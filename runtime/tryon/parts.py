"""Parts that the functions behind the routes have in common, opened from their settings."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from runtime.shared.aws import Clients
from runtime.shared.quotas import Quotas
from runtime.shared.settings import read_setting
from runtime.shared.sockets import Connection, ConnectionSettings, open_gateway
from runtime.tryon.bucket import Bucket
from runtime.tryon.endings import Endings
from runtime.tryon.jobs import JobTable
from runtime.tryon.photo import PhotoTable
from runtime.tryon.settings import LimitSettings, TryOnSettings
from runtime.tryon.telling import Pusher, Teller


@dataclass(frozen=True, slots=True)
class Parts:
    """Tables and buckets of the try-on; opening them makes no call."""

    clients: Clients
    settings: TryOnSettings
    clock: Callable[[], float]

    @classmethod
    def open(cls) -> "Parts":
        return cls(Clients(), read_setting("TRYON", TryOnSettings), time.time)

    @property
    def jobs(self) -> JobTable:
        return JobTable(self.clients.get("dynamodb"), self.settings.jobs_table, self.clock)

    @property
    def photos(self) -> PhotoTable:
        return PhotoTable(self.clients.get("dynamodb"), self.settings.models_table, self.clock)

    @property
    def photos_bucket(self) -> Bucket:
        return Bucket(self.clients.get("s3"), self.settings.photos_bucket, self.settings.photos_prefix)

    @property
    def results(self) -> Bucket:
        return Bucket(self.clients.get("s3"), self.settings.results_bucket, self.settings.results_prefix)

    @property
    def teller(self) -> Teller:
        return Teller(self.photos_bucket, self.results)

    def quotas(self, limits: LimitSettings) -> Quotas:
        return Quotas(
            self.clients.get("dynamodb"),
            limits.quotas_table,
            what="try-ons",
            daily_per_user=limits.daily_per_user,
            spend_micros=limits.spend_micros,
            clock=self.clock,
        )

    def open_pusher(self) -> Pusher:
        """The way to whoever is connected, from variable CONNECTIONS."""
        gateway = open_gateway(read_setting("CONNECTIONS", ConnectionSettings))
        return Pusher(self.teller, lambda connection_id: Connection(gateway, connection_id))

    def open_endings(self) -> Endings:
        """What ends jobs, from variables CONNECTIONS and TRYON_LIMITS."""
        limits: LimitSettings = read_setting("TRYON_LIMITS", LimitSettings)
        return Endings(self.jobs, self.results, self.quotas(limits), self.open_pusher())
