# What `size` decides. A variable that is set takes precedence over its entry here, one by one.
locals {
  sizes = {
    # A project of volunteers: no NAT gateway, one api task that reads the results queue too, Graviton, little capacity.
    small = {
      cpu_architecture   = "ARM64"
      container_insights = false
      log_days           = 30
      has_consumer       = false

      network  = { nat = false }
      api      = { cpu = 512, memory = 1024, min_tasks = 1, max_tasks = 1, submits_per_s = 5 }
      database = { instance_class = "db.t4g.micro", max_connections = 80, max_storage_gb = 100, backup_days = 7 }
      storage  = { images_kept = 10 }
      batch    = { standard_spot_vcpus = 36, standard_vcpus = 4, large_vcpus = 16, large_disk_gb = 100 }
    }

    standard = {
      cpu_architecture   = "X86_64"
      container_insights = true
      log_days           = 90
      has_consumer       = true

      network  = { nat = true }
      api      = { cpu = 512, memory = 1024, min_tasks = 2, max_tasks = 6, submits_per_s = 20 }
      database = { instance_class = "db.t4g.small", max_connections = 190, max_storage_gb = 200, backup_days = 14 }
      storage  = { images_kept = 50 }
      batch    = { standard_spot_vcpus = 256, standard_vcpus = 64, large_vcpus = 64, large_disk_gb = 300 }
    }
  }

  size = local.sizes[var.size]

  cpu_architecture   = coalesce(var.cpu_architecture, local.size.cpu_architecture)
  container_insights = coalesce(var.container_insights, local.size.container_insights)
  log_days           = coalesce(var.log_days, local.size.log_days)

  # Each object has the attributes of its variable: those that are null take the value of the size.
  network  = { for key, value in var.network : key => value == null ? lookup(local.size.network, key, null) : value }
  api      = { for key, value in var.api : key => value == null ? lookup(local.size.api, key, null) : value }
  database = { for key, value in var.database : key => value == null ? lookup(local.size.database, key, null) : value }
  storage  = { for key, value in var.storage : key => value == null ? lookup(local.size.storage, key, null) : value }
  batch    = { for key, value in var.batch : key => value == null ? lookup(local.size.batch, key, null) : value }

  # Hosts of large jobs: general and memory-optimized, so that Spot has several pools to choose from.
  instance_families = {
    ARM64  = ["m6g", "m7g", "r6g", "r7g"]
    X86_64 = ["m6i", "m6a", "m7i", "r6i", "r6a", "r7i"]
  }
}
