package contract

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
)

// caller sends requests as one person, without the client's care.
type caller struct {
	*portal
	*http.Client
	token, name string
}

func (p *portal) caller(t *testing.T, name, organization string) *caller {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	c := &caller{portal: p, name: name, Client: &http.Client{Transport: p.contract.Transport(t, transport), Timeout: 30 * time.Second}}
	id, err := person{p.provider, name, organization}.IDToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.PostForm(p.address+"/v1/token", url.Values{"grant_type": {api.GrantTokenExchange}, "subject_token": {id}, "subject_token_type": {api.TypeIDToken}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got api.TokenAnswer
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.AccessToken == "" {
		t.Fatalf("%s: %v", res.Status, err)
	}
	c.token = got.AccessToken
	return c
}

// request makes a request of this person's.
func (c *caller) request(method, path, body string, header ...string) *http.Request {
	r, err := http.NewRequest(method, c.address+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if method == http.MethodPost || method == http.MethodPut {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(api.HeaderIdempotencyKey, key().Key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// Each kind of wrong request, made from the file, is refused with a problem document, and never by a fault.
func TestWrongRequestsAreRefused(t *testing.T) {
	p := newPortal(t)
	eve := p.client("Eve", "fabrikam")
	foreign, _, err := eve.Create(t.Context(), key(), api.NewTicket{Subject: "Eve's own"})
	if err != nil {
		t.Fatal(err)
	}
	file := must(eve.Upload(t.Context(), upload(t, 100)))(t)
	news, err := p.staff.Announce(t.Context(), newsOf("For all"))
	if err != nil {
		t.Fatal(err)
	}
	for _, operation := range p.contract.Operations() {
		t.Run(operation, func(t *testing.T) {
			// Each is somebody else: a person may send so many requests a second.
			good := goodRequests(t, p, "N"+operation, news)[operation]
			if good == nil {
				t.Fatal("there is no good request")
			}
			c := p.caller(t, "N"+operation, "contoso")
			counted := map[int]int{}
			for _, n := range p.contract.Negatives(operation, good, foreign.ID, file.ID) {
				res, body := send(t, c, n.Request)
				if counted[res.StatusCode]++; res.StatusCode < 400 || res.StatusCode > 499 || res.StatusCode == http.StatusTooManyRequests || n.Status != 0 && res.StatusCode != n.Status {
					t.Errorf("%s: %s, want %d: %.200s", n.Name, res.Status, n.Status, body)
				}
			}
			t.Log(counted)
			// The one that they differ from is good, and nothing of theirs has stood in its way.
			if res, body := send(t, c, good()); res.StatusCode >= 400 {
				t.Errorf("the good request got %s: %s", res.Status, body)
			}
		})
	}
}

func send(t *testing.T, c *caller, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.Method == http.MethodHead {
		return res, nil
	}
	return res, bytes.TrimSpace(body)
}

// goodRequests makes good requests of somebody, by operation.
func goodRequests(t *testing.T, p *portal, name, news string) map[string]func() *http.Request {
	t.Helper()
	c := p.caller(t, name, "contoso")
	client := p.client(name, "contoso")
	made, _, err := client.Create(t.Context(), key(), api.NewTicket{Subject: "My screen is black"})
	if err != nil {
		t.Fatal(err)
	}
	closed, _, err := client.Create(t.Context(), key(), api.NewTicket{Subject: "It is well again"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.staff.Status(t.Context(), closed.Number, "closed", ""); err != nil {
		t.Fatal(err)
	}
	file := must(client.Upload(t.Context(), upload(t, 100)))(t)
	if err := p.staff.Ask(t.Context(), made.Number, strings.ToLower(name)+"@contoso.example", "Yes?"); err != nil {
		t.Fatal(err)
	}
	steps, end := followed(t, client)
	step := until(t, steps, "an approval", func(s api.Step) bool { return len(s.Approvals) > 0 })
	approval := step.Approvals[0]
	end()
	ticket := must(client.Ticket(t.Context(), made.ID, ""))(t)
	if _, _, err := p.client("Bea", "contoso").Menus(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	colleague := must(client.People(t.Context(), "bea"))(t).People[0].ID
	forms, _, err := client.Forms(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	create := `{"form":"software","form_version":"` + forms.Forms[0].Version + `","answers":{"name":"x"},"subject":"s","description":"d","device":{"Host":"x"},"client_time":"2026-12-01T09:00:00Z"}`
	match := func(version string) []string { return []string{"If-Match", `"` + version + `"`} }
	get := func(path string) func() *http.Request {
		return func() *http.Request { return c.request(http.MethodGet, path, "") }
	}
	return map[string]func() *http.Request{
		"getPortal":  get("/v1"),
		"headPortal": func() *http.Request { return c.request(http.MethodHead, "/v1", "") },
		"exchangeToken": func() *http.Request {
			id, err := person{p.provider, name, "contoso"}.IDToken(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			form := url.Values{"grant_type": {api.GrantTokenExchange}, "subject_token": {id}, "subject_token_type": {api.TypeIDToken}}
			return c.request(http.MethodPost, "/v1/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		},
		"sync": get("/v1/sync"), "getMenus": get("/v1/menus"), "getForms": get("/v1/forms"),
		"getOptions": get("/v1/forms/software/options/site?q=b"), "getPeople": get("/v1/people?q=be"), "getArticles": get("/v1/articles?q=p"),
		"listTickets": get("/v1/tickets?scope=mine"), "getTicket": get("/v1/tickets/" + made.ID), "getEntries": get("/v1/tickets/" + made.ID + "/entries"),
		"getAttachment": get("/v1/attachments/" + file.ID),
		"createTicket":  func() *http.Request { return c.request(http.MethodPost, "/v1/tickets", create) },
		"createEntry": func() *http.Request {
			return c.request(http.MethodPost, "/v1/tickets/"+made.ID+"/entries", `{"body":"x","client_time":"2026-12-01T09:00:00Z"}`)
		},
		"act": func() *http.Request {
			return c.request(http.MethodPost, "/v1/tickets/"+made.ID+"/actions", `{"action":"add_participants","participants":["`+colleague+`"],"comment":"x"}`, match(ticket.Version)...)
		},
		"decide": func() *http.Request {
			return c.request(http.MethodPost, "/v1/approvals/"+approval.ID, `{"decision":"approved","comment":"x"}`, match(approval.Version)...)
		},
		"putFeedback": func() *http.Request {
			return c.request(http.MethodPut, "/v1/tickets/"+closed.ID+"/feedback", `{"score":3,"max":5,"comment":"x"}`)
		},
		"acknowledge": func() *http.Request { return c.request(http.MethodPut, "/v1/announcements/"+news+"/ack", "") },
		"putAttachment": func() *http.Request {
			return c.request(http.MethodPut, "/v1/attachments/"+uuid.NewString(), "abc", "Content-Type", "application/octet-stream", "Content-Digest", "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:")
		},
	}
}
