package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// contender is one who takes turns: a job of a peer, or a whole process.
type contender struct {
	label, peer, job string
}

// row is one piece of work. The first contender is whom the others are measured by.
type row struct {
	title      string
	unit       string // ns or bytes
	iterations int    // in one turn, whose median counts
	rounds     int    // 0: as many as the command line says
	contenders []contender
}

const (
	nanoseconds = "ns"
	memoryBytes = "bytes"
)

func pair(title string, iterations int, job string, more ...contender) row {
	first := []contender{{"client-go", clientGo, job}, {"libkube", libkube, job}}
	return row{title: title, unit: nanoseconds, iterations: iterations, contenders: append(first, more...)}
}

func importing(job string) contender {
	return contender{"libkube, importing kubectl's files", libkube, job}
}

func threads(n string) row {
	return pair("resources of one group-version, remembered in memory, threads: "+n, 1, "memory-one-"+n,
		contender{"libkube, on a held snapshot", libkube, "held-one-" + n})
}

var rows = []row{
	pair("cold, live: new client and connection, all groups and resources", 1, "cold-live",
		contender{"libcurl alone, same bytes", libkube, "libcurl"}),
	pair("cold, through an empty disk cache", 1, "cold-disk",
		contender{"writing and renaming the files, nothing else", libkube, "rename-files"},
		contender{"writing the files in place, nothing else", libkube, "write-files"}),
	pair("warm disk, new client: all groups and resources", 5, "warm-all", importing("import-all"),
		contender{"reading the files, nothing else", libkube, "read-files"},
		contender{"stat of the files, nothing else", libkube, "stat-files"}),
	pair("warm disk, new client: mapping of one kind", 5, "warm-mapping", importing("import-mapping")),
	pair("warm disk, new client: one group-version", 15, "warm-one", importing("import-one")),
	threads("1"), threads("2"), threads("8"), threads("32"),
	{title: "memory held for all of discovery", unit: memoryBytes, iterations: 1, rounds: 3, contenders: []contender{
		{"client-go", clientGo, "held-memory"},
		{"libkube", counting, "held-memory"},
		{"libkube, the snapshot alone", libkube, "snapshot-memory"},
	}},
	{title: "whole process, warm: api-resources --cached", unit: nanoseconds, iterations: 1, contenders: []contender{
		{"kubectl", "", "kubectl"},
		{"kube-api-resources", "", "kube-api-resources"},
		{"kube-api-resources --help", "", "kube-api-resources --help"},
	}},
}

func (r *row) wanted(only string) bool { return strings.Contains(r.title, only) }

// result is one contender's figures in one row.
type result struct {
	Name    string    `json:"name"`
	Median  float64   `json:"median"`
	Low     float64   `json:"quarter"`
	High    float64   `json:"three_quarters"`
	Ratio   float64   `json:"first_over_this"`
	Lowest  float64   `json:"first_over_this_quarter"`
	Highest float64   `json:"first_over_this_three_quarters"`
	Second  float64   `json:"second_over_this"`
	Samples []float64 `json:"samples"`
}

type rowResult struct {
	Title   string    `json:"title"`
	Unit    string    `json:"unit"`
	Results []*result `json:"results"`
}

type report struct {
	Processors int          `json:"processors"`
	Rounds     int          `json:"rounds"`
	Rows       []*rowResult `json:"rows"`
}

// turn lets one contender work.
func (p *peers) turn(c contender, iterations int) (float64, error) {
	if c.peer == "" {
		_, took, err := p.process(c.job)
		return took, err
	}
	figures, err := p.running[c.peer].run(c.job, iterations)
	if err != nil {
		return 0, err
	}
	return quantile(figures, 0.5), nil
}

// measure lets the contenders take turns. The first round warms up and does not count.
func (p *peers) measure(r row) (*rowResult, error) {
	out := &rowResult{Title: r.title, Unit: r.unit}
	for _, c := range r.contenders {
		out.Results = append(out.Results, &result{Name: c.label})
	}
	rounds := r.rounds
	if rounds == 0 {
		rounds = p.settings.rounds
	}
	for round := range rounds + 1 {
		for i, c := range r.contenders {
			figure, err := p.turn(c, r.iterations)
			if err != nil {
				return nil, err
			}
			if round != 0 {
				out.Results[i].Samples = append(out.Results[i].Samples, figure)
			}
		}
	}
	for _, each := range out.Results {
		each.summarise(out.Results[0].Samples, out.Results[1].Samples)
	}
	return out, nil
}

// summarise: ratios are made of the figures of one round, then ordered.
func (r *result) summarise(first, second []float64) {
	ratios := over(first, r.Samples)
	r.Low, r.Median, r.High = quantile(r.Samples, 0.25), quantile(r.Samples, 0.5), quantile(r.Samples, 0.75)
	r.Lowest, r.Ratio, r.Highest = quantile(ratios, 0.25), quantile(ratios, 0.5), quantile(ratios, 0.75)
	r.Second = quantile(over(second, r.Samples), 0.5)
}

func over(numerators, denominators []float64) []float64 {
	out := make([]float64, len(numerators))
	for i := range numerators {
		out[i] = numerators[i] / denominators[i]
	}
	return out
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func (r *rowResult) print(to io.Writer) {
	fmt.Fprintf(to, "\n%s\n", r.Title)
	for i, each := range r.Results {
		fmt.Fprintf(to, "  %-44s %10s  (%s to %s)", each.Name, figure(each.Median, r.Unit), figure(each.Low, r.Unit),
			figure(each.High, r.Unit))
		if i != 0 {
			fmt.Fprintf(to, "  %s / %.2f  (%.2f to %.2f)", r.Results[0].Name, each.Ratio, each.Lowest, each.Highest)
		}
		if i > 1 {
			fmt.Fprintf(to, "  %s / %.2f", r.Results[1].Name, each.Second)
		}
		fmt.Fprintln(to)
	}
}

func figure(value float64, unit string) string {
	switch {
	case unit == memoryBytes:
		return fmt.Sprintf("%.0f KB", value/1000)
	case value >= float64(time.Millisecond):
		return fmt.Sprintf("%.2f ms", value/1e6)
	case value >= 10*float64(time.Microsecond):
		return fmt.Sprintf("%.1f us", value/1e3)
	}
	return fmt.Sprintf("%.1f ns", value)
}

func (r *report) write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err == nil && path != "" {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	return err
}
