from hyperpy import Depends, HTTPException, Response

from jobs import Job, requested_job, result_of

job: Job = Depends(requested_job)
result: bytes | None = Depends(result_of)

if result is None:
    raise HTTPException(404, "There is no file yet.")
response = Response(result, media_type="application/json")
response.headers["Content-Disposition"] = f'attachment; filename="{job.result}"'
