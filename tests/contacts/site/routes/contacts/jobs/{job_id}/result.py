from hyperpy import HTTPException, Response

from jobs import find

job_id: str
job, result = find(job_id)

if result is None:
    raise HTTPException(404, "There is no file yet.")
response = Response(result, media_type="application/json")
response.headers["Content-Disposition"] = f'attachment; filename="{job.result}"'
