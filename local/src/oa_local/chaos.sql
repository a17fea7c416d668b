select status, count(*)::int from job group by status;
select count(*)::int, (count(*) filter (where endings > 1))::int
from (
    select job_id, count(*) as endings
    from job_attempt where status in ('Success', 'Warn') group by job_id
) as published
