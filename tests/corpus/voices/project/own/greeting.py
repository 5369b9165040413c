def greeting(voices):
    return " ".join(voices) or "silence"
