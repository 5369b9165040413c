"""What the installed plug-ins must give, worked out by hand."""


def expected(project):
    return {"voices": ["HELLO!"], "greeting": "HELLO!", "signs.text": "...\n"}
