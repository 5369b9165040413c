"""Descriptors, subclasses, names that are bound twice."""


class Field:
    def __set_name__(self, owner, name):
        owner.names = (*getattr(owner, "names", ()), name)


class Base:
    first = Field()


class Child(Base):
    second = Field()


def fields():
    return {"children": [cls.__name__ for cls in Base.__subclasses__()], "names": list(Child.names), "kind": KIND}


try:
    from odd.special import KIND
except ImportError:
    KIND = "plain"
