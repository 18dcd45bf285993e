"""What the tests lean on: private servers, simulators' homes and the processes behind them."""
