"""The API's other face: OpenAI's words for files and fine-tuning, put in terms of datasets and jobs."""
