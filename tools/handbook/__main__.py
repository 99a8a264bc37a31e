"""`python -m tools.handbook` writes the handbook anew."""

from tools.handbook import handbook_files

if __name__ == "__main__":
    for path, text in handbook_files().items():
        path.write_text(text, encoding="utf-8")
