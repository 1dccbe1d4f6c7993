package network

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keeper keeps the last answers of scripts over restarts, in a file with names of hosts
// and proxies and no secret. A proxy offered by the network itself (WPAD) is not kept,
// because the next start may be in another network. A failed write makes the next start
// take longer, and no more.
type keeper struct {
	file string // "" keeps nothing
	kept *keptAnswers
}

// keptAnswers is the file.
type keptAnswers struct {
	// Scripts are the scripts of the answers; see [rules.asked]. Others make them
	// worthless.
	Scripts string                `json:"scripts"`
	Hosts   map[string]keptAnswer `json:"hosts"`
}

type keptAnswer struct {
	Script string    `json:"script,omitempty"` // of the answer, "" for none that was set
	Ways   []string  `json:"ways"`             // as in "http://proxy.example:8080" and "direct://"
	Plain  bool      `json:"plain,omitempty"`
	At     time.Time `json:"at"`
}

// maxKept bounds the file.
const maxKept = 256 << 10

// read is a script's last answer for a host, nil if it is not known.
func (k *keeper) read(scripts, host string) *answer {
	if k.file == "" {
		return nil
	}
	if k.kept == nil {
		k.kept = &keptAnswers{}
		if info, err := os.Stat(k.file); err == nil && info.Size() <= maxKept {
			if raw, err := os.ReadFile(k.file); err == nil && json.Unmarshal(raw, k.kept) != nil {
				k.kept = &keptAnswers{}
			}
		}
	}
	found, ok := k.kept.Hosts[host]
	if !ok || k.kept.Scripts != scripts {
		return nil
	}
	ways, err := parseWays(found.Ways)
	if err != nil {
		return nil
	}
	out := &answer{script: found.Script, at: found.At}
	for _, proxy := range ways {
		out.ways = append(out.ways, candidate{proxy: proxy, named: originOf(found.Script, evaluated{plain: found.Plain})})
	}
	return out
}

// write keeps a script's answer for a host.
func (k *keeper) write(scripts, host string, said answer) {
	anybodys := func(c candidate) bool { return said.script == "" && c.proxy != nil }
	if k.file == "" || slices.ContainsFunc(said.ways, anybodys) {
		return
	}
	k.read(scripts, host)
	if k.kept.Scripts != scripts || k.kept.Hosts == nil || len(k.kept.Hosts) >= maxHosts {
		k.kept = &keptAnswers{Scripts: scripts, Hosts: map[string]keptAnswer{}}
	}
	kept := keptAnswer{Script: said.script, At: said.at.UTC()}
	for _, c := range said.ways {
		kept.Ways = append(kept.Ways, wayString(c.proxy))
		kept.Plain = kept.Plain || c.named == byPlainScript
	}
	k.kept.Hosts[host] = kept
	raw, err := json.Marshal(k.kept)
	if err != nil {
		return
	}
	_ = os.MkdirAll(filepath.Dir(k.file), 0o700)
	part, err := os.CreateTemp(filepath.Dir(k.file), filepath.Base(k.file)+".*")
	if err != nil {
		return
	}
	_, err = part.Write(raw)
	if closed := part.Close(); err != nil || closed != nil || os.Rename(part.Name(), k.file) != nil {
		_ = os.Remove(part.Name())
	}
}

// drop forgets everything.
func (k *keeper) drop() {
	k.kept = nil
	if k.file != "" {
		_ = os.Remove(k.file)
	}
}

// wayString is a way as [parseWays] reads it.
func wayString(proxy *url.URL) string {
	if proxy == nil {
		return directScheme + "://"
	}
	return show(proxy)
}
