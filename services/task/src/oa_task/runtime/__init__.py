"""What every part of a job uses: failures, clocks, threads, progress."""
