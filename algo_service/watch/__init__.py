"""`algo-service watch`: what algorithms do, as a live table or as short lines."""
