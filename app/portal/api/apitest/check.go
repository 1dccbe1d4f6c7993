package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// exchange is one request with its answer. Bodies that are files are not in it.
type exchange struct {
	method, path string
	query        url.Values
	asked        http.Header
	sent         []byte
	status       int
	answered     http.Header
	got          []byte
}

// check holds an exchange to the file and records it. A request is held to it unless the answer is
// a refusal: everything accepted has to be described.
func (c *Contract) check(x exchange) error {
	if x.path != "/v1" && !strings.HasPrefix(x.path, "/v1/") {
		return nil // no part of the API
	}
	o, known, variables := c.find(x.method, x.path)
	if o == nil {
		return c.checkUnknown(x, known)
	}
	name := o.ID + " " + strconv.Itoa(x.status)
	a := o.answers[strconv.Itoa(x.status)]
	if a == nil {
		a = o.answers[fmt.Sprintf("%dXX", x.status/100)]
	}
	if a == nil {
		return fmt.Errorf("%s: the file does not have this status", name)
	}
	wrong := []error{checkHeaders(a, x.answered), checkContent(a, x)}
	var code string
	if kind, _, _ := mime.ParseMediaType(x.answered.Get("Content-Type")); kind == "application/problem+json" {
		var err error
		code, err = c.checkProblem(o, x)
		wrong = append(wrong, err)
	}
	if x.status < 400 {
		wrong = append(wrong, o.checkRequest(x, variables))
	}
	c.seen.add(o.ID, x.status, code)
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// checkUnknown holds the answer to an unknown path or method to the problem documents of all operations.
func (c *Contract) checkUnknown(x exchange, pathKnown bool) error {
	name := fmt.Sprintf("%s %s, which the file does not have, got %d", x.method, x.path, x.status)
	if x.status < 400 {
		return errors.New(name)
	}
	code, err := c.checkProblem(&Operation{}, x)
	if err == nil && !pathKnown && x.status == http.StatusMethodNotAllowed {
		err = errors.New("there is no such path, and the answer is about the method")
	}
	if err == nil && x.method != http.MethodHead {
		problem, failed := c.compile("/components/schemas/Problem")
		if failed != nil {
			return failed
		}
		err = validate(problem, x.got)
	}
	c.seen.add("", x.status, code)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (c *Contract) checkProblem(o *Operation, x exchange) (string, error) {
	if x.method == http.MethodHead {
		return "", nil
	}
	var told struct {
		Status    int    `json:"status"`
		Code      string `json:"code"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(x.got, &told); err != nil {
		return "", fmt.Errorf("no problem document: %w", err)
	}
	status := strconv.Itoa(x.status)
	switch {
	case told.Status != x.status:
		return told.Code, fmt.Errorf("the document says status %d", told.Status)
	case told.RequestID != x.answered.Get("Request-Id"):
		return told.Code, fmt.Errorf("the document says request %q, the header %q", told.RequestID, x.answered.Get("Request-Id"))
	case !slices.Contains(o.problems[status], told.Code) && !slices.Contains(c.everywhere[status], told.Code):
		return told.Code, fmt.Errorf("the file does not have the code %q there", told.Code)
	case x.status == http.StatusUnauthorized && x.answered.Get("WWW-Authenticate") == "":
		return told.Code, errors.New("WWW-Authenticate is missing (RFC 9110, section 11.6.1)")
	case x.status == http.StatusMethodNotAllowed && x.answered.Get("Allow") == "":
		return told.Code, errors.New("the header Allow is missing (RFC 9110, section 15.5.6)")
	case (x.status == http.StatusTooManyRequests || x.status == http.StatusServiceUnavailable) && x.answered.Get("Retry-After") == "":
		return told.Code, errors.New("the header Retry-After is missing")
	}
	return told.Code, nil
}

// common are the headers of HTTP and of browsers' safety, without a place in the file.
func common() []string {
	return []string{
		"Connection", "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy", "Date", "Keep-Alive",
		"Referrer-Policy", "Strict-Transport-Security", "Transfer-Encoding", "Vary", "X-Content-Type-Options",
	}
}

func checkHeaders(a *answer, got http.Header) error {
	var wrong []error
	for name, h := range a.headers {
		values := got.Values(name)
		switch {
		case len(values) > 1:
			wrong = append(wrong, fmt.Errorf("the header %s is there %d times", name, len(values)))
		case len(values) == 0 && h.required:
			wrong = append(wrong, fmt.Errorf("the header %s is missing", name))
		case len(values) == 1:
			if err := h.schema.Validate(values[0]); err != nil {
				wrong = append(wrong, fmt.Errorf("the header %s: %w", name, err))
			}
		}
	}
	for name := range got {
		if _, described := a.headers[name]; !described && !slices.Contains(common(), name) {
			wrong = append(wrong, fmt.Errorf("the file does not have the header %s", name))
		}
	}
	return errors.Join(wrong...)
}

func checkContent(a *answer, x exchange) error {
	said := x.answered.Get("Content-Type")
	if len(a.content) == 0 || x.method == http.MethodHead {
		if len(x.got) > 0 {
			return fmt.Errorf("there is a body of %d bytes", len(x.got))
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(said)
	if err != nil {
		return fmt.Errorf("the Content-Type %q: %w", said, err)
	}
	compiled, known := a.content[kind]
	if _, files := a.content["*/*"]; !known && !files {
		return fmt.Errorf("the file does not have the Content-Type %s", kind)
	}
	return validate(compiled, x.got)
}

// validate holds a JSON document to its schema; nil is for one that is no JSON.
func validate(compiled *jsonschema.Schema, raw []byte) error {
	if compiled == nil {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	return compiled.Validate(value)
}

func (o *Operation) checkRequest(x exchange, variables map[string]string) error {
	var wrong []error
	for name := range x.query {
		if !slices.ContainsFunc(o.parameters, func(p parameter) bool { return p.in == "query" && p.name == name }) {
			wrong = append(wrong, fmt.Errorf("the file does not have the parameter %s", name))
		}
	}
	for _, p := range o.parameters {
		values := map[string][]string{"query": x.query[p.name], "header": x.asked.Values(p.name)}[p.in]
		if p.in == "path" {
			values = []string{variables[p.name]}
		}
		switch {
		case len(values) == 0 && p.required:
			wrong = append(wrong, fmt.Errorf("the request lacks %s and was accepted", p.name))
		case len(values) == 1 && (values[0] != "" || p.required):
			if err := p.schema.Validate(p.value(values[0])); err != nil {
				wrong = append(wrong, fmt.Errorf("the request was accepted with %s: %w", p.name, err))
			}
		}
	}
	for kind, compiled := range o.body {
		var err error
		switch kind {
		case "application/json":
			err = validate(compiled, x.sent)
		case "application/x-www-form-urlencoded":
			var form url.Values
			if form, err = url.ParseQuery(string(x.sent)); err == nil {
				value := map[string]any{}
				for name := range form {
					value[name] = form.Get(name)
				}
				err = compiled.Validate(value)
			}
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("the request was accepted with its body: %w", err))
		}
	}
	return errors.Join(wrong...)
}

// value is a parameter's text as the type of its schema.
func (p parameter) value(text string) any {
	if p.raw["type"] == "integer" {
		return json.Number(text)
	}
	return text
}
