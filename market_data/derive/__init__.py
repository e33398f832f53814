"""Services that turn quotes into other messages, on the wire: the indicators and the bars."""
