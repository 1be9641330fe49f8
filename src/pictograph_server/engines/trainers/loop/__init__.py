"""The one training loop: every pipeline brings a `Learner`, the loop does the steps, measures, keeps and resumes."""
