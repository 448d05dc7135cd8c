"""The Python side of tsuwsgi: loads the application, forks workers, runs requests. Standard library only."""
