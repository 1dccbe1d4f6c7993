package front

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/portal/api"
)

// route is one operation of the API.
type route struct {
	method string
	// path has its variables in braces. It is the operation's name in log and metrics.
	path  string
	serve func(f *Front, c *call) error
	open  bool // without a token
}

// routes is a tree over the segments of paths. It takes the place of [http.ServeMux], whose
// refusals are texts and whose cleaning of paths redirects.
type routes struct {
	fixed    map[string]*routes
	variable *routes
	here     []route
}

func newRoutes(all []route) *routes {
	top := &routes{}
	for _, r := range all {
		at := top
		for segment := range strings.SplitSeq(strings.TrimPrefix(r.path, "/"), "/") {
			at = at.child(segment)
		}
		at.here = append(at.here, r)
	}
	return top
}

func (r *routes) child(segment string) *routes {
	if strings.HasPrefix(segment, "{") {
		if r.variable == nil {
			r.variable = &routes{}
		}
		return r.variable
	}
	if r.fixed == nil {
		r.fixed = make(map[string]*routes)
	}
	if r.fixed[segment] == nil {
		r.fixed[segment] = &routes{}
	}
	return r.fixed[segment]
}

// find finds the operations of a path, and its variables in order. Escaped slashes stay in
// their segment.
func (r *routes) find(path string) (here []route, variables []string) {
	at := r
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if next := at.fixed[segment]; next != nil {
			at = next
			continue
		}
		if at = at.variable; at == nil {
			return nil, nil
		}
		value, err := url.PathUnescape(segment)
		if err != nil || !isID(value) {
			return nil, nil
		}
		variables = append(variables, value)
	}
	return at.here, variables
}

// allowed are the methods of a path's operations.
func allowed(here []route) string {
	var methods []string
	for _, r := range here {
		methods = append(methods, r.method)
		if r.method == http.MethodGet && r.open {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// isID says if a text can be an id: visible ASCII of at most 256 bytes.
func isID(s string) bool {
	if s == "" || len(s) > api.MaxID {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
