"""Genesis, the only room that knows it: `batch` steps worlds, `simulator` keeps the contract, `painter` draws."""
