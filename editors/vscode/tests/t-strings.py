# SYNTAX TEST "source.python" "t-strings are HTML"

t"<p class='a'>{name} &amp; {{x}}</p>"
# <- storage.type.string.python
#^ punctuation.definition.string.begin.python
# ^ punctuation.definition.tag.begin.html
#  ^ entity.name.tag.html
#    ^^^^^ entity.other.attribute-name.html
#          ^^^ string.quoted.single.html
#             ^ punctuation.definition.tag.end.html
#              ^ punctuation.definition.interpolation.begin.hyperpy
#               ^^^^ meta.embedded.expression.hyperpy
#                   ^ punctuation.definition.interpolation.end.hyperpy
#                     ^^^^^ constant.character.entity.named.amp.html
#                           ^^ constant.character.escape.python
#                              ^^ constant.character.escape.python
#                                ^^ punctuation.definition.tag.begin.html
#                                    ^ punctuation.definition.string.end.python

after = 1
#^^^^ - meta.template.hyperpy

t'''<{Card} title="Hi {user.name!r:>4} x" {fragment}>
#   ^ punctuation.definition.tag.begin.html
#    ^ punctuation.definition.interpolation.begin.hyperpy
#     ^^^^ meta.tag.component.hyperpy meta.interpolation.hyperpy meta.embedded.expression.hyperpy
#           ^^^^^ entity.other.attribute-name.html
#                  ^^ string.quoted.double.html
#                      ^^^^ meta.embedded.expression.hyperpy
#                               ^^ storage.type.format.python
#                                 ^^^ storage.type.format.python
#                                     ^^ string.quoted.double.html - meta.embedded.expression.hyperpy
#                                          ^^^^^^^^ meta.embedded.expression.hyperpy
#                                                   ^ punctuation.definition.tag.end.html
<a href={url("/a", page={"x": 1})} title="it's"
#       ^ punctuation.definition.interpolation.begin.hyperpy
#        ^^^ meta.function-call.generic.python
#            ^^^^ string.quoted.single.python - string.quoted.double.html
#                              ^ meta.embedded.expression.hyperpy
#                                ^ punctuation.definition.interpolation.end.hyperpy
#                                  ^^^^^ entity.other.attribute-name.html - meta.embedded.expression.hyperpy
#                                         ^^^^ string.quoted.double.html
   class="{'a' if x else "b"}">
#         ^ punctuation.definition.interpolation.begin.hyperpy
#          ^^^ string.quoted.single.python
#              ^^ keyword.control.flow.python
{[t"<li>{item:safe}</li>" for item in items]}</a>
# ^ storage.type.string.python
#   ^ punctuation.definition.tag.begin.html
#    ^^ entity.name.tag.html
#            ^^^^^ storage.type.format.python
#                         ^^^ keyword.control.flow.python
#                                            ^^ punctuation.definition.tag.begin.html
</{Card}>'''
# <- punctuation.definition.tag.begin.html
#  ^^^^ meta.embedded.expression.hyperpy
#        ^^^ punctuation.definition.string.end.python

page = rT"<b>{x}" + f"<b>{t}" + "<b>{t}"  # t"<b>"
#      ^^ storage.type.string.python
#         ^ punctuation.definition.tag.begin.html
#                   ^ - meta.template.hyperpy
#                               ^^^^^^^^ string.quoted.single.python - meta.template.hyperpy
#                                         ^^^^^^^^ comment.line.number-sign.python - meta.template.hyperpy
part = format"" if at["x"] else x.t
#            ^^ - meta.template.hyperpy
#                     ^^^ string.quoted.single.python
