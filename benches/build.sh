# Sourced by the other scripts: builds the release binary and the yardstick, and says where they are ($keysift,
# $decode_only).
# With cargo-auditable (cargo install cargo-auditable --locked) the program tells what it was built from.
if cargo auditable --version >/dev/null 2>&1; then
    cargo auditable build --release --locked >&2
else
    cargo build --release --locked >&2
fi
target=$(cargo metadata --format-version 1 --no-deps --locked |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
keysift=$target/release/keysift
if [ "${1:-}" = with-yardstick ]; then
    decode_only=$(cargo bench --bench decode_only --no-run --locked --message-format=json | python3 -c '
import json, sys
built = [json.loads(line) for line in sys.stdin]
print(next(b["executable"] for b in built if b.get("executable") and b["target"]["name"] == "decode_only"))')
fi
