package policy

// file is where Linux keeps policies: what packages leave alone, and only root may
// write.
const file = "/etc/portico/policy.json"

func readSystem() []reading { return readFile(file, administrator) }
