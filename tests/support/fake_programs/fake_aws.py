"""`aws ecr`, over the images that the fake docker pushed; errors end with the status 254 of the real program."""

import hashlib
import json
import sys
from typing import Any

import fake_state

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
_REFUSED = 254


def refuse(code: str, operation: str) -> None:
    fake_state.refuse(
        f"\nAn error occurred ({code}) when calling the {operation} operation: the request is not possible", _REFUSED
    )


def scan(state: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    states = state["scan"]
    now = states.pop(0) if len(states) > 1 else states[0]
    fake_state.write(state)
    if now == "NOT_FOUND":
        refuse("ScanNotFoundException", "DescribeImageScanFindings")
    if "index" in image["media_type"]:
        return {"imageScanStatus": {"status": "FAILED", "description": "UnsupportedImageError: not supported"}}
    answer: dict[str, Any] = {"imageScanStatus": {"status": now}}
    if now in {"COMPLETE", "ACTIVE"}:
        answer["imageScanFindings"] = {"findings": state["findings"]}
    return answer


def main() -> None:
    words = sys.argv[1:]
    state = fake_state.read("aws")
    given = fake_state.options(words)
    operation = words[1]
    if words[0] != "ecr" or given.get("--region") != "eu-west-1":
        fake_state.refuse("aws: error: argument command: Invalid choice", 252)
    if operation == "get-login-password":
        sys.stdout.write("password")
        return
    repository = f"{REGISTRY}/{given['--repository-name']}"
    tag = (given.get("--image-ids") or given.get("--image-id") or "imageTag=").partition("=")[2]
    image = state["pushed"].get(f"{repository}:{tag}")
    if operation == "put-image":
        target = f"{repository}:{given['--image-tag']}"
        if target in state["pushed"]:
            refuse("ImageTagAlreadyExistsException", "PutImage")
        digest = json.loads(given["--image-manifest"])["digest"]
        (state["pushed"][target],) = [
            each
            for name, each in state["pushed"].items()
            if name.startswith(f"{repository}:") and digest_of(each) == digest
        ]
        fake_state.write(state)
        answer: dict[str, Any] = {"image": {}}
    elif image is None:
        refuse("ImageNotFoundException", operation)
        return
    elif operation == "describe-images":
        answer = {"imageDetails": [{"imageManifestMediaType": image["media_type"]}]}
    elif operation == "describe-image-scan-findings":
        answer = scan(state, image)
    elif operation == "batch-get-image":
        manifest = json.dumps({"digest": digest_of(image)})
        answer = {"images": [{"imageManifest": manifest, "imageManifestMediaType": image["media_type"]}]}
    else:
        fake_state.refuse(f"aws: error: argument operation: Invalid choice: {operation}", 252)
    sys.stdout.write(json.dumps(answer))


def digest_of(image: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(image, sort_keys=True).encode()).hexdigest()


if __name__ == "__main__":
    main()
