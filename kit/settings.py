"""Every setting, in one frozen class. Read once at start from the environment, `.env` and `NAME_FILE` secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kit.forms import in_words, is_address, is_fernet_key, number_fault
from kit.vocabulary import MediaMode

PLACEHOLDERS = frozenset({"changeme", "change-me", "secret", "password", "placeholder", "xxx", "todo"})


class BadSettings(Exception):
    """The settings cannot be used. The message lists every fault, one a line."""


class Settings(BaseSettings):
    """What an operator may set. Field help is the source of `docs/settings.md` and `.env.example`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    environment: Literal["development", "production"] = Field(
        "development",
        alias="HUILING_ENVIRONMENT",
        description="development | production. production 会拒绝占位值、对外的回环地址、明文媒体和时钟偏移。",
    )
    public_base_url: str = Field(
        "http://127.0.0.1:5000",
        alias="HUILING_PUBLIC_BASE_URL",
        description="运营商回调本系统所用的公开地址（scheme://host[:port]），签名按它计算。",
    )
    media_base_url: str = Field(
        "",
        alias="HUILING_MEDIA_BASE_URL",
        description="媒体 WebSocket 的公开地址（ws:// 或 wss://）；空则由 HUILING_PUBLIC_BASE_URL 推出。",
    )
    web_bind: str = Field("127.0.0.1:5000", alias="HUILING_WEB_BIND", description="web 进程监听的地址。")
    media_bind: str = Field("127.0.0.1:5001", alias="HUILING_MEDIA_BIND", description="media 进程监听的地址。")
    database_url: str = Field(
        "", alias="HUILING_DATABASE_URL", description="SQLAlchemy 地址；空则用 HUILING_DATA_DIR 下的 SQLite（WAL）。"
    )
    redis_url: str = Field(
        "", alias="HUILING_REDIS_URL", description="Redis/Valkey 地址；空则连接 Procfile 启动的内嵌 Valkey。"
    )
    carrier_api_base_url: str = Field(
        "https://api.twilio.com",
        alias="HUILING_CARRIER_API_BASE_URL",
        description="运营商 REST 接口地址（Twilio 或与其兼容者）。",
    )
    twilio_account_sid: str = Field("", alias="TWILIO_ACCOUNT_SID", description="运营商账号 SID。")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), alias="TWILIO_AUTH_TOKEN", description="运营商主令牌：REST 认证，也用来校验回调签名。"
    )
    caller_id: str = Field("", alias="HUILING_CALLER_ID", description="主叫号码，E.164；必须是自有的合法号码。")
    media_mode: MediaMode = Field(
        MediaMode.STREAM, alias="HUILING_MEDIA_MODE", description="stream | record | keypad：语音怎样往返。"
    )
    media_slots: int = Field(
        20,
        ge=1,
        le=2000,
        alias="HUILING_MEDIA_SLOTS",
        description="每个 media 进程同时承接的通话数；在途通话不会超过空位。",
    )
    calls_per_s: int = Field(
        1, ge=1, le=200, alias="HUILING_CALLS_PER_S", description="每秒最多新拨几通；不要超过运营商给的 CPS。"
    )
    max_in_flight: int = Field(100, ge=1, alias="HUILING_MAX_IN_FLIGHT", description="同时在途的最多通话数（线路数）。")
    recognizer: str = Field(
        "vosk,vosk-free,whisper",
        alias="HUILING_RECOGNIZER",
        description="vosk | vosk-free | whisper | scripted；逗号分隔：前一个没把握或不可用时由后一个再听。"
        "vosk-free 是同一模型不带语法再听一遍。",
    )
    synthesizer: str = Field(
        "kokoro", alias="HUILING_SYNTHESIZER", description="kokoro | pyttsx3 | scripted；真实外呼不接受 pyttsx3。"
    )
    voice: str = Field("zf_xiaoxiao", alias="HUILING_VOICE", description="机器人嗓音名。")
    vosk_model_path: str = Field("", alias="VOSK_MODEL_PATH", description="Vosk 模型目录；空则用随仓库附带的中文模型。")
    data_dir: Path = Field(Path("var"), alias="HUILING_DATA_DIR", description="数据目录：数据库、录音、提示音、密钥文件。")
    cache_dir: Path = Field(
        Path("~/.cache/huiling"),
        alias="HUILING_CACHE_DIR",
        description="下载的模型与渲染好的公共提示音；可删，会重新生成。",
    )
    blob_store: str = Field(
        "",
        alias="HUILING_BLOB_STORE",
        description="录音与话术修订的存放处（多台机器须共用）：目录，或 s3://bucket/prefix；空则 HUILING_DATA_DIR/blobs。",
    )
    blob_key: SecretStr = Field(
        SecretStr(""),
        alias="HUILING_BLOB_KEY",
        description="录音静态加密密钥（Fernet，可多个逗号分隔轮换）；空则在数据目录生成。",
    )
    digest_key: SecretStr = Field(
        SecretStr(""), alias="HUILING_DIGEST_KEY", description="账本与文件名里个人信息摘要的密钥；空则在数据目录生成。"
    )
    agent_numbers: str = Field(
        "", alias="HUILING_AGENT_NUMBERS", description="当班坐席号码，E.164，逗号分隔；可接 P0 的号码加后缀 *。"
    )
    duty_manager: str = Field(
        "",
        alias="HUILING_DUTY_MANAGER",
        description="值班经理号码，E.164：坐席都没接的高危来电（P0）最后拨打它；空则只开工单、写日志，campaigns start 会提醒。",
    )
    lender: str = Field(
        "安心汽车金融",
        alias="HUILING_LENDER",
        description="机构全称，开场即报；不得含催收、逾期、贷款等字样（话术目录 private 词表），否则批次不能开始。",
    )
    callback_number: str = Field("", alias="HUILING_CALLBACK_NUMBER", description="留给他人和客户的回拨号码。")
    scripts_dir: Path = Field(Path("scripts_zh"), alias="HUILING_SCRIPTS_DIR", description="话术目录。")
    policy_file: Path = Field(Path("law/policy.yaml"), alias="HUILING_POLICY_FILE", description="合规策略文件。")
    clock_offset_s: float = Field(
        0.0,
        allow_inf_nan=False,
        alias="HUILING_CLOCK_OFFSET_S",
        description="时钟偏移（秒），仅演示用：运营商地址不是回环地址时、或 production，拒绝启动。",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", alias="HUILING_LOG_LEVEL", description="DEBUG | INFO | WARNING | ERROR。"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @field_validator("public_base_url", "carrier_api_base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not is_address(value, "http", "https"):
            raise ValueError("需要 http:// 或 https:// 开头的完整地址")
        return value.rstrip("/")

    @field_validator("media_base_url")
    @classmethod
    def _is_socket(cls, value: str) -> str:
        if value and not is_address(value, "ws", "wss", "http", "https"):
            raise ValueError("需要 ws:// 或 wss:// 开头的完整地址")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        if value and not (is_address(value, "redis", "rediss") or value.startswith("unix:///")):
            raise ValueError("需要 redis://、rediss:// 或 unix:/// 开头的完整地址")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value and value.partition("://")[0].partition("+")[0] not in ("sqlite", "postgres", "postgresql"):
            raise ValueError("需要 postgresql:// 或 sqlite:/// 开头的 SQLAlchemy 地址")
        return value

    @field_validator("agent_numbers")
    @classmethod
    def _are_numbers(cls, value: str) -> str:
        for place, part in enumerate((part.strip() for part in value.split(",")), start=1):
            if part and (fault := number_fault(part.removesuffix("*").strip())):
                raise ValueError(f"第 {place} 项：{fault}")
        return value

    @field_validator("duty_manager")
    @classmethod
    def _is_number(cls, value: str) -> str:
        if value.strip() and (fault := number_fault(value.strip())):
            raise ValueError(fault)
        return value

    @field_validator("blob_key")
    @classmethod
    def _are_fernet_keys(cls, value: SecretStr) -> SecretStr:
        keys = [key.strip() for key in value.get_secret_value().split(",") if key.strip()]
        if not all(key.lower() in PLACEHOLDERS or is_fernet_key(key) for key in keys):
            raise ValueError("不是 Fernet 密钥（32 字节的 urlsafe base64，可用逗号分隔多个）")
        return value

    @model_validator(mode="after")
    def _is_lawful(self) -> Self:
        faults = [fault for fault in (self._clock_fault(), *self._production_faults()) if fault]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _clock_fault(self) -> str:
        if self.clock_offset_s and not self.is_carrier_loopback:
            return "HUILING_CLOCK_OFFSET_S 只能与回环地址上的模拟运营商同用：真实外呼的时钟不可拨动"
        return ""

    def _production_faults(self) -> list[str]:
        if self.environment != "production":
            return []
        faults = []
        for field, secret in (
            ("TWILIO_AUTH_TOKEN", self.twilio_auth_token),
            ("HUILING_BLOB_KEY", self.blob_key),
            ("HUILING_DIGEST_KEY", self.digest_key),
        ):
            value = secret.get_secret_value()
            if not value or value.lower() in PLACEHOLDERS:
                faults.append(f"{field} 在 production 必须设置，且不能是占位值")
        if self.lender == type(self).model_fields["lender"].default:
            faults.append("HUILING_LENDER 在 production 必须设置：开场报的是它")
        if not self.twilio_account_sid:
            faults.append("TWILIO_ACCOUNT_SID 在 production 必须设置")
        if self.clock_offset_s:
            faults.append("HUILING_CLOCK_OFFSET_S 在 production 必须是 0")
        return faults + self._production_address_faults()

    def _production_address_faults(self) -> list[str]:
        faults = []
        if not self.public_base_url.startswith("https://"):
            faults.append("HUILING_PUBLIC_BASE_URL 在 production 必须是 https://")
        if not self.media_url.startswith("wss://"):
            faults.append("HUILING_MEDIA_BASE_URL 在 production 必须是 wss://")
        for field, url in (
            ("HUILING_PUBLIC_BASE_URL", self.public_base_url),
            ("HUILING_MEDIA_BASE_URL", self.media_base_url),
            ("HUILING_CARRIER_API_BASE_URL", self.carrier_api_base_url),
        ):
            if is_loopback(url) or (urlsplit(url).hostname or "") in ("0.0.0.0", "::"):
                faults.append(f"{field} 在 production 不能是本机地址")
        return faults

    @property
    def is_carrier_loopback(self) -> bool:
        """Whether the carrier is a simulator on this machine: only then may +86 test numbers be dialled."""
        return is_loopback(self.carrier_api_base_url)

    @property
    def media_url(self) -> str:
        """Where the carrier opens the media socket, without a path: ws:// or wss:// and the host."""
        base = self.media_base_url
        if not base:
            base = f"ws://{self.media_bind}" if is_loopback(self.public_base_url) else self.public_base_url
        return base.rstrip("/").replace("https://", "wss://", 1).replace("http://", "ws://", 1)

    @property
    def resolved_cache_dir(self) -> Path:
        """The cache directory with `~` expanded."""
        return self.cache_dir.expanduser()


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine: `localhost` or a loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment over `.env`; `NAME_FILE` gives a value's file. Raises BadSettings with all faults."""
    merged = {**_dotenv(), **(os.environ if environ is None else environ)}
    values, faults = _given(merged)
    faults += _strangers(merged)
    try:
        settings = Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        raise BadSettings("\n".join([*faults, *in_words(error)])) from None
    if faults:
        raise BadSettings("\n".join(faults))
    return settings


def _dotenv() -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(".env").items() if value is not None}
    except (OSError, UnicodeDecodeError):
        raise BadSettings(".env：读不到，或不是 UTF-8 文本") from None


_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_\w+)$")
"""What Kubernetes sets for a Service of our name (HUILING_SERVICE_HOST, HUILING_PORT_5000_TCP)."""


def _strangers(merged: Mapping[str, str]) -> list[str]:
    """Names of ours that are no setting: a mistyped name would leave the default standing, unseen."""
    known = [str(field.alias) for field in Settings.model_fields.values()]
    ours = (name for name in sorted(merged) if name.startswith("HUILING_") and not _SERVICE_LINK.search(name))
    faults = []
    for name in ours:
        if not {name, name.removesuffix("_FILE")} & set(known):
            near = get_close_matches(name, known, n=1)
            faults.append(f"{name}：没有这个设置" + (f"，是不是 {near[0]}？" if near else ""))
    return faults


def _given(merged: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The values of all fields that are set, and what is wrong with the files of secrets. An empty value means the default."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for field in Settings.model_fields.values():
        name = str(field.alias)
        if merged.get(name, "").strip():
            values[name] = merged[name]
        elif merged.get(f"{name}_FILE", "").strip():
            try:
                values[name] = Path(merged[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except OSError as error:
                faults.append(f"{name}_FILE：读不到文件（{error.strerror}）")
            except UnicodeDecodeError:
                faults.append(f"{name}_FILE：不是 UTF-8 文本")
    return values, faults
