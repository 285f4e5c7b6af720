// Draws BPMN models with bpmn-moddle, the library behind Camunda's and bpmn.io's modellers.
//
// Reads {name: {extension, root}} from standard input and writes {name: xml}. In `root` every object
// has a `$type`; a text that begins with `#` is a reference to the element with that id.
import { BpmnModdle } from 'bpmn-moddle'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const flowable = {
  name: 'Flowable', prefix: 'flowable', uri: 'http://flowable.org/bpmn', xml: { tagAlias: 'lowerCase' },
  types: [{ name: 'Field', superClass: ['Element'], properties: [
    { name: 'name', isAttr: true, type: 'String' }, { name: 'stringValue', isAttr: true, type: 'String' }] }]
}
const extensions = {
  camunda: require('camunda-bpmn-moddle/resources/camunda.json'),
  zeebe: require('zeebe-bpmn-moddle/resources/zeebe.json'),
  flowable
}

function build (moddle, described, known, later) {
  const { $type, ...properties } = described
  const element = moddle.create($type)
  for (const [key, value] of Object.entries(properties)) {
    if (Array.isArray(value)) {
      element[key] = value.map(item => item)
      later.push(() => { element[key] = value.map(item => resolve(item)) })
      value.forEach(item => typeof item === 'object' && made(item))
    } else if (value !== null && typeof value === 'object') {
      made(value)
      later.push(() => { element[key] = resolve(value); element[key].$parent = element })
    } else if (typeof value === 'string' && value.startsWith('#')) {
      later.push(() => { element[key] = resolve(value) })
    } else {
      element.set(key, value)
    }
  }
  function made (item) {
    if (!built.has(item)) built.set(item, build(moddle, item, known, later))
  }
  function resolve (item) {
    if (typeof item === 'object') return built.get(item)
    if (typeof item === 'string' && item.startsWith('#')) {
      if (!known.has(item.slice(1))) throw new Error(`no element ${item}`)
      return known.get(item.slice(1))
    }
    return item
  }
  if (properties.id) known.set(properties.id, element)
  return element
}

const built = new Map()
const drawn = {}
for (const [name, { extension, root }] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const moddle = new BpmnModdle(extension ? { [extension]: extensions[extension] } : {})
  const known = new Map()
  const later = []
  const definitions = build(moddle, root, known, later)
  later.forEach(set => set())
  drawn[name] = (await moddle.toXML(definitions, { format: true })).xml
}
process.stdout.write(JSON.stringify(drawn))
