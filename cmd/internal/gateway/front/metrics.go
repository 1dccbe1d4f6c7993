package front

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Metrics are the gateway's numbers in Prometheus' text format 0.0.4. They are counted in
// memory and written when asked for: nothing runs in between. Prometheus' own library
// would bring its registry and Protocol Buffers for a dozen counters.
//
// The zero value is ready. It may be used by several goroutines at once.
type Metrics struct {
	mu       sync.Mutex
	counters map[string]map[labels]float64 // by name
	times    map[string]*times             // by route
	gauges   map[string]func() float64
	clients  map[string]bool // kinds of client that have a counter
}

// Count adds to a counter. Labels come as name, value, name, value. Values are of a small
// set: routes, statuses, never anything that a client has chosen.
func (m *Metrics) Count(name string, pairs ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counters == nil {
		m.counters = make(map[string]map[labels]float64)
	}
	if m.counters[name] == nil {
		m.counters[name] = make(map[labels]float64)
	}
	var of labels
	copy(of[:], pairs)
	m.counters[name][of]++
}

// Gauge has a value read whenever the metrics are.
func (m *Metrics) Gauge(name string, value func() float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gauges == nil {
		m.gauges = make(map[string]func() float64)
	}
	m.gauges[name] = value
}

// labels are names and values in turn, three at most.
type labels [6]string

func (l labels) String() string {
	var b strings.Builder
	for i := 0; i < len(l) && l[i] != ""; i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%s="%s"`, l[i], strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(l[i+1]))
	}
	return b.String()
}

// times is a histogram of durations.
type times struct {
	counts [len(bounds) + 1]uint64
	sum    time.Duration
}

// bounds are the upper ends of the histogram's ranges, in seconds.
var bounds = [...]float64{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10}

func (m *Metrics) took(route string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.times == nil {
		m.times = make(map[string]*times)
	}
	t := m.times[route]
	if t == nil {
		t = &times{}
		m.times[route] = t
	}
	i := 0
	for i < len(bounds) && d.Seconds() > bounds[i] {
		i++
	}
	t.counts[i]++
	t.sum += d
}

// client counts a request by its Portico-Client: version and system alone. Others than
// "portico/1.2 windows", and more than 100 kinds, are counted as "other".
func (m *Metrics) client(header string) {
	version, system := "other", "other"
	if name, rest, ok := strings.Cut(header, "/"); ok && name == "portico" {
		v, s, _ := strings.Cut(rest, " ")
		s, _, _ = strings.Cut(s, " ")
		if isVersion(v) && slices.Contains([]string{"windows", "darwin", "macos", "linux"}, s) {
			version, system = v, s
		}
	}
	m.mu.Lock()
	if m.clients == nil {
		m.clients = make(map[string]bool)
	}
	if kind := version + " " + system; !m.clients[kind] {
		if len(m.clients) < 100 {
			m.clients[kind] = true
		} else {
			version, system = "other", "other"
		}
	}
	m.mu.Unlock()
	m.Count("portico_client_requests_total", "version", version, "system", system)
}

// isVersion says if a text is a version: digits and dots, and at most 16 of them.
func isVersion(s string) bool {
	return s != "" && len(s) <= 16 && strings.Trim(s, "0123456789.") == ""
}

// WriteTo implements [io.WriterTo].
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	m.mu.Lock()
	for _, name := range slices.Sorted(maps.Keys(m.counters)) {
		fmt.Fprintf(&b, "# TYPE %s counter\n", name)
		for _, of := range slices.SortedFunc(maps.Keys(m.counters[name]), func(a, b labels) int { return slices.Compare(a[:], b[:]) }) {
			fmt.Fprintf(&b, "%s{%s} %g\n", name, of, m.counters[name][of])
		}
	}
	if len(m.times) > 0 {
		b.WriteString("# TYPE portico_http_request_seconds histogram\n")
	}
	for _, route := range slices.Sorted(maps.Keys(m.times)) {
		t, n := m.times[route], uint64(0)
		for i, bound := range bounds {
			n += t.counts[i]
			fmt.Fprintf(&b, "portico_http_request_seconds_bucket{%s,le=\"%g\"} %d\n", labels{"route", route}, bound, n)
		}
		n += t.counts[len(bounds)]
		fmt.Fprintf(&b, "portico_http_request_seconds_bucket{%s,le=\"+Inf\"} %d\n", labels{"route", route}, n)
		fmt.Fprintf(&b, "portico_http_request_seconds_sum{%s} %g\n", labels{"route", route}, t.sum.Seconds())
		fmt.Fprintf(&b, "portico_http_request_seconds_count{%s} %d\n", labels{"route", route}, n)
	}
	gauges := maps.Clone(m.gauges)
	m.mu.Unlock() // a gauge's reader may have locks of its own
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	for _, name := range slices.Sorted(maps.Keys(gauges)) {
		fmt.Fprintf(&b, "# TYPE %s gauge\n%s %g\n", name, name, gauges[name]())
	}
	fmt.Fprintf(&b, "# TYPE go_goroutines gauge\ngo_goroutines %d\n", runtime.NumGoroutine())
	fmt.Fprintf(&b, "# TYPE go_memstats_alloc_bytes gauge\ngo_memstats_alloc_bytes %d\n", memory.Alloc)
	fmt.Fprintf(&b, "# TYPE go_memstats_sys_bytes gauge\ngo_memstats_sys_bytes %d\n", memory.Sys)
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}
