-- A run of samples: its jobs look at so many features and make no data, so it can never publish any.
ALTER TABLE run ADD sample integer CHECK (sample > 0);
ALTER TABLE run ADD CONSTRAINT run_of_samples_is_not_live CHECK (sample IS NULL OR NOT live);
