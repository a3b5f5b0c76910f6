"""A small selection of combinations in which every possible pair of two settings still occurs."""
import itertools


def combinations(factors, is_possible=lambda cell: True):
    """Every possible combination, as dictionaries, in the order of `factors`: {name: values}."""
    names = list(factors)
    cells = (dict(zip(names, values)) for values in itertools.product(*factors.values()))
    return [cell for cell in cells if is_possible(cell)]


def pairs(cell):
    """The pairs of settings that occur in a combination."""
    return itertools.combinations(cell.items(), 2)


def select(cells, cost=lambda cell: 1):
    """Some of these combinations, cheap ones first, in which each pair occurs that occurs in any of them. Greedy: the next is
    always the one with the most new pairs for its cost, the first among equals; so the same selection every time."""
    number = {}
    for cell in cells:
        for pair in pairs(cell):
            number.setdefault(pair, len(number))
    held = [sum(1 << number[pair] for pair in pairs(cell)) for cell in cells]
    wanted, chosen = (1 << len(number)) - 1, []
    while wanted:
        best = max(range(len(cells)), key=lambda i: (bin(held[i] & wanted).count("1") / cost(cells[i]), -i))
        chosen.append(cells[best])
        wanted &= ~held[best]
    return chosen
