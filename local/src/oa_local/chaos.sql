select status, count(*)::int from job group by status;
select count(*)::int, (count(*) filter (where publications > 1))::int
from (
    select job_id, count(*) as publications from job_event where kind = 'data.published' group by job_id
) as published;
select count(*)::int from data;
select count(*)::int from job_attempt where attempt > 1
