from hyperpy import Depends, Response

from jobs import Jobs

job_id: str
jobs: Jobs = Depends()
name = jobs.get(job_id).result

response = Response(jobs.result(job_id), media_type="application/json")
response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
