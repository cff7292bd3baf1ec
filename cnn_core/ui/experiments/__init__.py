"""The pages of ideas: a question, an answer chosen before it is known, a run, and what it says."""
