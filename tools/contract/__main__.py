"""`python -m tools.contract` writes docs/contract anew."""

from tools.contract.files import FOLDER, contract_files

if __name__ == "__main__":
    for old in FOLDER.rglob("*.json"):
        old.unlink()
    for path, text in contract_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
