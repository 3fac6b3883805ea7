"""Made-up secrets for the tests, from parts that are joined only here: none was ever real, and none stands whole in a file."""

from __future__ import annotations

from typing import NamedTuple


def _of(*parts: str) -> str:
    return "".join(parts)


_LETTERS, _DIGITS, _HEX = "NotARealOne", "0123456789", "0f1e2d3c4b5a6978"
_MIXED = _LETTERS + _DIGITS  # 21 characters
_LONG = _MIXED * 4


class Example(NamedTuple):
    """A text with a secret in it, and the part of it that nothing may show."""

    text: str
    secret: str


def _whole(*parts: str) -> Example:
    return Example(_of(*parts), _of(*parts))


# By the name of a row in `SHAPES`.
OF_SHAPES = {
    "url-userinfo": Example(_of("git+https", "://x-token:", "tok", _MIXED, "@git.example.com/a.git"), _of("tok", _MIXED)),
    "url-userinfo-encoded": Example(
        _of("u=https", "%3A%2F%2F", "jo%3A", "tok", _MIXED, "%40git.example.com%2Fa"), _of("tok", _MIXED)
    ),
    "aws-access-key-id": _whole("AK", "IA", "FAKE" * 4),
    "aws-secret-access-key": _whole("Fa7/" * 2, "Qe9Z" * 3, "kE3+" * 5),
    "aws-session-token": _whole("Fwo", "G", _LONG),
    "bedrock-api-key": _whole("AB", "SK", _LONG),
    "google-api-key": _whole("AI", "za", _LONG[:35]),
    "google-oauth": _whole("ya", "29.", _LONG),
    "azure-storage-key": _whole((_LONG + _LONG)[:86], "=="),
    "azure-client-secret": _whole("abc", "8Q~", _LONG[:34]),
    "azure-devops": _whole(_LONG[:76], "AZ", "DO", "fake"),
    "github": _whole("gh", "p_", _MIXED, _MIXED),
    "github-fine-grained": _whole("github", "_pat_", _MIXED, "_", _LONG),
    "gitlab": _whole("gl", "pat-", _MIXED),
    "slack": _whole("xo", "xb-", _DIGITS, "-", _DIGITS, "-", _LETTERS),
    "slack-webhook": Example(
        _of("https://hooks", ".slack.com/", "services/T0FAKE/B0FAKE/", _MIXED), _of("T0FAKE/B0FAKE/", _MIXED)
    ),
    "webhook": Example(_of("https://discord", ".com/api/", "webhooks/", _DIGITS, "/", _LONG), _LONG),
    "telegram": _whole(_DIGITS[1:], ":A", "A", _LONG[:33]),
    "hugging-face": _whole("h", "f_", _MIXED, _LETTERS),
    "npm": _whole("np", "m_", _LONG[:36]),
    "pypi": _whole("py", "pi-", "AgFake", _LONG),
    "databricks": _whole("da", "pi", _HEX, _HEX),
    "sendgrid": _whole("S", "G.", _MIXED, ".", _LONG[:43]),
    "stripe": _whole("sk", "_live_", _MIXED),
    "openai-anthropic": _whole("s", "k-ant-", "api03-", _MIXED),
    "model-hosts": _whole("gs", "k_", _LONG[:52]),
    "atlassian": _whole("ATA", "TT3", _LONG),
    "vault": _whole("hv", "s.", _LONG[:24]),
    "terraform": _whole(_LONG[:14], ".atlas", "v1.", _LONG),
    "docker": _whole("dckr", "_pat_", _MIXED, _LETTERS),
    "shopify-digitalocean": _whole("shp", "at_", _HEX, _HEX),
    "observability": _whole("gl", "sa_", _MIXED, _MIXED),
    "mail-and-phone": _whole("S", "K", _HEX, _HEX),
    "notion-linear": _whole("lin", "_api_", _LONG[:40]),
    "artifactory": _whole("AK", "Cp", _MIXED),
    "developer-platforms": _whole("fi", "gd_", _MIXED, _MIXED),
    "airtable": _whole("pa", "t", _LONG[:14], ".", _HEX * 4),
    "age": _whole("AGE-", "SECRET-KEY-1", "FAKE" * 10),
    "jwt": _whole("ey", "J", "hbGciFake", _DIGITS, ".ey", "JzdWIiFake", ".", _MIXED),
    "authorization": Example(_of("curl -H 'X: Bea", "rer ", _MIXED, "'"), _MIXED),
    "oracle-thin": Example(_of("jdbc:oracle:", "thin:jo/", _MIXED, "@//db:1521/x"), _MIXED),
    "netrc": Example(_of("machine x ", "login jo ", "password ", _MIXED), _MIXED),
    "aws-cli": Example(_of("aws configure set ", "aws_secret_access_key ", _MIXED), _MIXED),
    "sql": Example(_of("CREATE USER jo ", "PASSWORD ", "'", _MIXED, "'"), _MIXED),
}

_SIGNATURE, _WORD = "c0ffee" * 8, "hunter2Made-Up"
# Every form in which a name stands beside its secret; the key names the form.
OF_FORMS = {
    "json": Example('{"db": {"password": "' + _WORD + '"}}', _WORD),
    "broken json": Example('{"db": {"password": "' + _WORD + '"', _WORD),
    "escaped json": Example('x {\\"api_key\\": \\"' + _WORD + '\\"}', _WORD),
    "json in json": Example('{"a": "{\\"b\\": {\\"client_secret\\": \\"' + _WORD + '\\"}}"}', _WORD),
    "python dict": Example("{'password': '" + _WORD + "', 'n': None}", _WORD),
    "python object": Example("Secret(token='" + _WORD + "', n=3)", _WORD),
    "python wrapper": Example("Config(token=SecretStr('" + _WORD + "'))", _WORD),
    "python bytes": Example("{b'password': b'" + _WORD + "'}", _WORD),
    "python pairs": Example("[{'Name': 'DB_PASSWORD', 'Value': '" + _WORD + "'}]", _WORD),
    "list of values": Example("passwords=['x', '" + _WORD + "']", _WORD),
    "yaml": Example("db:\n  password: " + _WORD + "\n  n: 3", _WORD),
    "yaml block": Example("db:\n  password: |\n    " + _WORD + "\n  n: 3", _WORD),
    "short name": Example("pw = " + _WORD, _WORD),
    "sentence": Example("the key is " + "Fa7/" * 2 + "Qe9Z" * 3 + "kE3+" * 5 + ". It", "Fa7/" * 2 + "Qe9Z" * 3),
    "yaml pairs": Example("- name: DB_PASSWORD\n  value: " + _WORD, _WORD),
    "xml": Example("<a><password>" + _WORD + "</password></a>", _WORD),
    "shell": Example("export HF_TOKEN=" + _WORD + " && train", _WORD),
    "lines as escapes": Example("A=1\\nTOKEN=" + _WORD + "\\nB=2", _WORD),
    "flag": Example("train --db-password " + _WORD + " --n 3", _WORD),
    "flag with equals": Example("train --token=" + _WORD, _WORD),
    "short flag": Example("mysql -p=" + _WORD + " -h db", _WORD),
    "quoted flag": Example("['train', '--token', '" + _WORD + "']", _WORD),
    "user of curl": Example("curl -u jo:" + _WORD + " https://x.example", _WORD),
    "header": Example("Authorization: Bea" + "rer " + _WORD, _WORD),
    "basic header": Example('{"headers": "Authorization: Ba' + 'sic am86aHVudGVyMg=="}', "am86aHVudGVyMg"),
    "url": Example("postgres://jo:" + _WORD + "@db/x", _WORD),
    "url without user": Example("redis://:" + _WORD + "@cache:6379/0", _WORD),
    "url of many hosts": Example("mongodb+srv://jo:" + _WORD + "@a.example,b.example/x", _WORD),
    "token alone in a url": Example("https://" + _WORD + "@git.example.com/a.git", _WORD),
    "odd password in a url": Example("mysql://jo:p@" + _WORD + "@db/x", _WORD),
    "escaped url": Example('{"u": "x", https:\\/\\/jo:' + _WORD + "@db\\/x", _WORD),
    "jdbc": Example("jdbc:redshift://db:5439/x?user=jo&password=" + _WORD, _WORD),
    "keys in s3a": Example("s3a://FAKEKEY:" + _WORD + "/+x@bucket/data/", _WORD),
    "presigned v4": Example(
        f"https://b.s3.amazonaws.com/k?X-Amz-Credential={_WORD}%2F2026&X-Amz-Signature={_SIGNATURE}&X-Amz-Security-Token={_WORD}x",
        _WORD,
    ),
    "signature v4": Example(f"https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature={_SIGNATURE}", _SIGNATURE),
    "presigned v2": Example(f"https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Expires=1&Signature={_SIGNATURE}", _SIGNATURE),
    "encoded query": Example(f"u=https%3A%2F%2Fx.example%2Fk%3Fn%3D1%26sig%3D{_SIGNATURE}", _SIGNATURE),
    "sas": Example(f"https://x.blob.core.windows.net/c?sv=2024&sp=r&sig={_SIGNATURE}", _SIGNATURE),
    "connection string": Example(f"AccountName=x;AccountKey={_WORD}==;EndpointSuffix=y", _WORD),
    "odbc": Example(f"Server=x;Uid=jo;Pwd={_WORD};", _WORD),
    "service bus": Example(f"Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey={_WORD}", _WORD),
    "pem": Example("-----BEGIN RSA " + "PRIVATE KEY-----\n" + _LONG + "\n-----END RSA " + "PRIVATE KEY-----", _LONG),
    "pem without end": Example("-----BEGIN " + "PRIVATE KEY-----\\n" + _LONG, _LONG),
    "pgp": Example("-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\n\n" + _LONG + "\n-----END PGP PRIVATE KEY BLOCK-----", _LONG),
    "service account": Example('{"type": "service_account", "private_key_id": "' + _HEX + '"}', _HEX),
    "mysql": Example("mysql -h db -u root -p" + _WORD + " loans", _WORD),
    "quoted for mysql": Example("mysqldump -p'" + _WORD + "' loans > x.sql", _WORD),
    "two words": Example("the api key: " + _WORD, _WORD),
    "two words with equals": Example("Access Key = " + _WORD, _WORD),
    "python tuple": Example("[('user', 'jo'), ('password', '" + _WORD + "')]", _WORD),
    "digest header": Example('Authorization: Digest username="jo", realm="x", response="' + _WORD + '"', _WORD),
    "digest header unquoted": Example('digest username="jo", nc=00000001, response=' + _WORD, _WORD),
    "login without a scheme": Example("jo:" + _WORD + "@db.internal:5432/x", _WORD),
    "words of a passphrase": Example("passphrase: correct horse " + "battery", "battery"),
    "npmrc": Example("//registry.example/:_authToken=" + _WORD, _WORD),
}
EXAMPLES = {f"{name} (shape)": one for name, one in OF_SHAPES.items()} | OF_FORMS
