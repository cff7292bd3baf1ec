"""A person's own pictures: taken in, looked over, split; free of torch."""
