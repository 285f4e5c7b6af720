"""The demonstration's town: Valdecandamo, its people, its contracts and some weeks of its life."""

from web.demo.loading import load

__all__ = ["load"]
