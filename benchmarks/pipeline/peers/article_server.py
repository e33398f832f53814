"""The rule in a stock zerorpc server, for the article's way: `python article_server.py ADDRESS`."""

import sys

import zerorpc
from rule import Rule

server = zerorpc.Server(Rule())
server.bind(sys.argv[1])
print("serving", flush=True)
server.run()
