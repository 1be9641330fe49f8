"""The Pictograph platform: API, jobs, engines. Imports `pictograph`, never the other way."""
